"""The DataStax Python driver against a served cluster: driver.py PORT CONTROL_PORT. Exits with an assertion that does not hold."""
import sys
import time
import urllib.request
import uuid

from cassandra import AlreadyExists, ConsistencyLevel, InvalidRequest, ReadTimeout, Unauthorized, Unavailable, WriteTimeout
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable
from cassandra.concurrent import execute_concurrent_with_args
from cassandra.policies import ConstantReconnectionPolicy, RoundRobinPolicy
from cassandra.protocol import SyntaxException
from cassandra.query import UNSET_VALUE, BatchStatement, BatchType, SimpleStatement

port, control = int(sys.argv[1]), int(sys.argv[2])


def connect(version=None, **more):
    profile = ExecutionProfile(load_balancing_policy=RoundRobinPolicy(), consistency_level=ConsistencyLevel.QUORUM)
    if version:
        more["protocol_version"] = version
    return Cluster(["127.0.0.1"], port=port, execution_profiles={EXEC_PROFILE_DEFAULT: profile},
                   reconnection_policy=ConstantReconnectionPolicy(0.2, None), **more)


def act(deed):
    request = urllib.request.Request(f"http://127.0.0.1:{control}/{deed}", method="POST")
    urllib.request.urlopen(request).read()


def until(condition, what, seconds=20):
    end = time.time() + seconds
    while not condition():
        assert time.time() < end, what
        time.sleep(0.05)


def fails(kind, action, text):
    try:
        action()
    except kind as error:
        assert text in str(error), error
    else:
        raise AssertionError(f"no {kind.__name__}")


def versions_and_compression():
    for version in (3, 4, 5):
        for compression in (False, "lz4", "snappy"):
            if version == 5 and compression == "snappy":
                continue
            cluster = connect(version, compression=compression)
            session = cluster.connect()
            assert session.execute("SELECT release_version FROM system.local").one()[0] == "5.0.7"
            assert len(cluster.metadata.all_hosts()) == 3, cluster.metadata.all_hosts()
            cluster.shutdown()


def types_and_statements(cluster, session):
    session.execute("CREATE KEYSPACE d WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}")
    session.execute("CREATE TYPE d.address (street text, zip int)")
    session.execute("CREATE TABLE d.u (id int PRIMARY KEY, home frozen<address>, tags set<text>, counts map<text, int>, "
                    "pair tuple<int, text>, place vector<float, 3>, took duration, at timestamp, host inet, big varint, who uuid)")

    class Address:
        def __init__(self, street, zip):
            self.street, self.zip = street, zip

    cluster.register_user_type("d", "address", Address)
    insert = session.prepare("INSERT INTO d.u (id, home, tags, counts, pair, place, big, who) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
    who = uuid.uuid4()
    session.execute(insert, (1, Address("Main", 5), {"b", "a"}, {"k": 1}, (1, "t"), [1.0, 2.0, 3.0], 2**80, who))
    row = session.execute("SELECT * FROM d.u WHERE id = 1").one()
    assert (row.home.street, row.home.zip) == ("Main", 5)
    assert list(row.tags) == ["a", "b"] and dict(row.counts) == {"k": 1} and row.pair == (1, "t")
    assert row.place == [1.0, 2.0, 3.0] and row.big == 2**80 and row.who == who and row.took is None
    # What is left unset stays.
    session.execute(insert, (1, UNSET_VALUE, None, UNSET_VALUE, UNSET_VALUE, UNSET_VALUE, UNSET_VALUE, UNSET_VALUE))
    row = session.execute("SELECT home, tags FROM d.u WHERE id = 1").one()
    assert row.home.street == "Main" and row.tags is None
    # By name, in conditions, in lists.
    update = session.prepare("UPDATE d.u SET counts = :counts WHERE id = :id IF counts = :before")
    assert session.execute(update, {"counts": {"k": 2}, "id": 1, "before": {"k": 1}}).was_applied
    assert not session.execute(update, {"counts": {"k": 2}, "id": 1, "before": {"k": 1}}).was_applied
    many = [(n,) + (None,) * 7 for n in range(2, 102)]
    assert all(it.success for it in execute_concurrent_with_args(session, insert, many))
    among = session.prepare("SELECT id FROM d.u WHERE id IN ? LIMIT ?")
    assert sorted(it.id for it in session.execute(among, ([5, 6, 7, 1000], 10))) == [5, 6, 7]
    assert session.execute("SELECT count(*) FROM d.u").one()[0] == 101
    batch = BatchStatement(BatchType.UNLOGGED)
    batch.add(insert, (2000,) + (None,) * 7)
    batch.add("INSERT INTO d.u (id) VALUES (%s)", (2001,))
    session.execute(batch)
    assert len(session.execute(among, ([2000, 2001], 10)).all()) == 2


def paging(session):
    seen = [it.id for it in session.execute(SimpleStatement("SELECT id FROM d.u", fetch_size=7))]
    assert len(seen) == len(set(seen)) == 103, len(seen)
    # Each page from another node: the state says all that is needed.
    state, ids = None, []
    while True:
        page = session.execute(SimpleStatement("SELECT id FROM d.u", fetch_size=9), paging_state=state)
        ids += [it.id for it in page.current_rows]
        state = page.paging_state
        if state is None:
            break
    assert sorted(ids) == sorted(seen)


def schema(cluster, session):
    session.execute("CREATE TABLE d.w (a int, b text, c int static, PRIMARY KEY (a, b)) WITH CLUSTERING ORDER BY (b DESC)")
    table = cluster.metadata.keyspaces["d"].tables["w"]
    assert [it.name for it in table.partition_key] == ["a"] and [it.name for it in table.clustering_key] == ["b"]
    assert table.columns["c"].is_static and table.columns["b"].is_reversed
    assert "CREATE TABLE d.w" in table.as_cql_query()
    assert "system_traces" in cluster.metadata.keyspaces
    assert cluster.metadata.keyspaces["system_views"].virtual
    # Another session hears of it.
    other = connect()
    other.connect()
    session.execute("ALTER TABLE d.w ADD e text")
    until(lambda: "e" in other.metadata.keyspaces["d"].tables["w"].columns, "the event of an altered table")
    session.execute("DROP TABLE d.w")
    until(lambda: "w" not in other.metadata.keyspaces["d"].tables, "the event of a dropped table")
    other.shutdown()
    # A statement about another table of the same name is prepared anew.
    session.execute("CREATE TABLE d.x (a int PRIMARY KEY, b int)")
    select = session.prepare("SELECT * FROM d.x")
    session.execute("INSERT INTO d.x (a, b) VALUES (1, 2)")
    assert session.execute(select).one() == (1, 2)
    session.execute("ALTER TABLE d.x ADD c int")
    assert session.execute(select).one() == (1, 2, None), "columns that came later are there, and named"


def errors(session):
    fails(SyntaxException, lambda: session.execute("SELEC"), "line 1:0 no viable alternative at input 'SELEC'")
    create = "CREATE KEYSPACE d WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}"
    fails(AlreadyExists, lambda: session.execute(create), "already exists")
    fails(InvalidRequest, lambda: session.execute("SELECT nosuch FROM d.u"), "Undefined column name nosuch in table d.u")
    fails(Unauthorized, lambda: session.execute("DROP TABLE system.local"), "system keyspace is not user-modifiable")
    session.execute("BEGIN BATCH APPLY BATCH")


def tracing(session):
    future = session.execute_async("SELECT * FROM d.u WHERE id = 1", trace=True)
    future.result()
    trace = future.get_query_trace(max_wait=10)
    assert trace.request_type == "Execute CQL3 query" and trace.parameters["query"] == "SELECT * FROM d.u WHERE id = 1"
    assert any("Executing single-partition query on u" in it.description for it in trace.events), trace.events
    assert str(trace.coordinator).startswith("127.0.0."), trace.coordinator


def failover(cluster, session):
    select = session.prepare("SELECT id FROM d.u WHERE id = ?")
    up = lambda: sorted(str(it.address) for it in cluster.metadata.all_hosts() if it.is_up)
    act("kill/2")
    # Two of three are a quorum, whoever coordinates.
    for _ in range(60):
        assert session.execute(select, (1,)).one().id == 1
    until(lambda: up() == ["127.0.0.1", "127.0.0.3"], "the driver sees that a node is down")
    act("start/2")
    until(lambda: up() == ["127.0.0.1", "127.0.0.2", "127.0.0.3"], "the driver sees that the node is back")
    for _ in range(30):
        assert session.execute(select, (1,)).one().id == 1
    act("kill/2")
    act("kill/3")
    lost = (Unavailable, ReadTimeout, NoHostAvailable)
    until(lambda: refused(session, select, lost), "one of three is no quorum")
    act("start/2")
    act("start/3")
    until(lambda: not refused(session, select, lost), "the cluster is whole again")


def refused(session, select, kinds):
    try:
        session.execute(select, (1,))
    except kinds:
        return True
    return False


versions_and_compression()
cluster = connect()
session = cluster.connect()
assert cluster.protocol_version == 5
types_and_statements(cluster, session)
paging(session)
schema(cluster, session)
errors(session)
tracing(session)
failover(cluster, session)
cluster.shutdown()
print("done")
