//! An application that uses the scylla driver, tested against a cluster in the test's own process.

use futures::TryStreamExt;
use ringscope::testing::Cluster;
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::statement::prepared::PreparedStatement;

/// The application: a guest book.
struct GuestBook {
    session: Session,
    sign: PreparedStatement,
}

impl GuestBook {
    async fn open(address: std::net::SocketAddr) -> Result<GuestBook, Box<dyn std::error::Error>> {
        let session = SessionBuilder::new().known_node_addr(address).build().await?;
        let replication = "{'class': 'SimpleStrategy', 'replication_factor': 3}";
        let create = format!("CREATE KEYSPACE IF NOT EXISTS guests WITH replication = {replication}");
        session.query_unpaged(create, ()).await?;
        let create = "CREATE TABLE IF NOT EXISTS guests.book (day text, at int, who text, PRIMARY KEY (day, at))";
        session.query_unpaged(create, ()).await?;
        session.await_schema_agreement().await?;
        let sign = session
            .prepare("INSERT INTO guests.book (day, at, who) VALUES (?, ?, ?)")
            .await?;
        Ok(GuestBook { session, sign })
    }

    async fn sign(&self, day: &str, at: i32, who: &str) -> Result<(), Box<dyn std::error::Error>> {
        self.session.execute_unpaged(&self.sign, (day, at, who)).await?;
        Ok(())
    }

    async fn guests(&self, day: &str) -> Result<Vec<String>, Box<dyn std::error::Error>> {
        let mut select = scylla::statement::unprepared::Statement::new("SELECT who FROM guests.book WHERE day = ?");
        select.set_page_size(3);
        let rows = self.session.query_iter(select, (day,)).await?;
        let rows: Vec<(String,)> = rows.rows_stream::<(String,)>()?.try_collect().await?;
        Ok(rows.into_iter().map(|(who,)| who).collect())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guests_are_remembered_when_a_node_dies() {
    let cluster = Cluster::new(3).unwrap();
    let book = GuestBook::open(cluster.contact_point()).await.unwrap();
    for at in 0..10 {
        book.sign("monday", at, &format!("guest {at}")).await.unwrap();
    }
    cluster.kill(3).unwrap();
    let guests = book.guests("monday").await.unwrap();
    assert_eq!(guests, (0..10).map(|at| format!("guest {at}")).collect::<Vec<_>>());
    book.sign("tuesday", 0, "ada").await.unwrap();
    cluster.start(3).unwrap();
    assert_eq!(book.guests("tuesday").await.unwrap(), ["ada"]);
    // What the application wrote, seen without its driver.
    let rows = cluster.rows("SELECT count(*) FROM guests.book").unwrap();
    assert_eq!(format!("{:?}", rows[0][0]), "Some(Bigint(11))");
}
