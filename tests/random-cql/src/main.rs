//! `random-cql SEED COUNT`: a golden script of so many random statements, each a block, without outputs.
//!
//! What the script believes to exist may be wrong where a definition is refused: errors are wanted too.

mod dice;
mod modify;
mod schema;
mod select;
mod spoil;
mod types;

use dice::Dice;
use schema::World;

fn statement(dice: &Dice, world: &mut World) -> String {
    match dice.weighted(&[24, 9, 8, 4, 40, 2, 2, 3, 2, 1, 3, 2]) {
        1 => modify::update(dice, world.table(dice)),
        2 => modify::delete(dice, world.table(dice)),
        3 => modify::batch(dice, world),
        4 => select::select(dice, world.table(dice)),
        5 => world.create_table(dice),
        6 => world.create_index(dice),
        7 => world.alter_table(dice),
        8 => world.create_view(dice),
        9 => match dice.below(3) {
            0 => world.create_type(dice),
            1 => world.drop(dice),
            _ => format!("TRUNCATE {}", world.table(dice).name),
        },
        10 => match dice.below(3) {
            0 => world.alter_type(dice),
            1 => format!("DESCRIBE TABLE {}", world.table(dice).name),
            _ => format!(
                "SELECT column_name, kind, position, type FROM system_schema.columns WHERE keyspace_name = 'k' AND table_name = '{}'",
                world.table(dice).name
            ),
        },
        11 => {
            let whole = match dice.below(6) {
                0 => world.create_table(dice),
                1 => modify::insert(dice, world.table(dice)),
                2 => modify::update(dice, world.table(dice)),
                3 => modify::delete(dice, world.table(dice)),
                _ => select::select(dice, world.table(dice)),
            };
            spoil::spoil(dice, &whole)
        }
        _ => modify::insert(dice, world.table(dice)),
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|it| it.parse::<u64>());
    let (Some(Ok(seed)), Some(Ok(count))) = (arguments.next(), arguments.next()) else {
        eprintln!("random-cql SEED COUNT");
        std::process::exit(2);
    };
    let (dice, mut world) = (Dice::new(seed), World::default());
    let keyspace = format!("r{seed}");
    println!(
        "DROP KEYSPACE IF EXISTS {keyspace};\nCREATE KEYSPACE {keyspace} WITH replication = {{'class': 'SimpleStrategy', \
         'replication_factor': 1}};\nUSE {keyspace};\n---\n"
    );
    for n in 0..count {
        let text = match n {
            0 | 1 => world.create_type(&dice),
            2..6 => world.create_table(&dice),
            _ => statement(&dice, &mut world),
        };
        println!("{};\n---\n", text.replace("'k'", &format!("'{keyspace}'")));
    }
}
