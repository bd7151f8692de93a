//! What the script believes to exist, and statements that define it.

use crate::dice::Dice;
use crate::types::{self, Type};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Partition,
    Clustering,
    Static,
    Regular,
}

#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub ty: Type,
    pub kind: Kind,
}

#[derive(Clone, Debug)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    /// A view: read only.
    pub is_view: bool,
    /// All that is written has a timestamp of its own, so that it may be asked for.
    pub is_stamped: bool,
}

impl Table {
    pub fn of(&self, kind: Kind) -> Vec<Column> {
        self.columns.iter().filter(|it| it.kind == kind).cloned().collect()
    }

    pub fn others(&self) -> Vec<Column> {
        let is_other = |it: &&Column| matches!(it.kind, Kind::Static | Kind::Regular);
        self.columns.iter().filter(is_other).cloned().collect()
    }
}

#[derive(Default)]
pub struct World {
    pub types: Vec<Type>,
    pub tables: Vec<Table>,
    pub indexes: Vec<String>,
    named: usize,
}

impl World {
    fn fresh(&mut self, prefix: &str) -> String {
        self.named += 1;
        format!("{prefix}{}", self.named)
    }

    pub fn table<'a>(&'a self, dice: &Dice) -> &'a Table {
        dice.pick(&self.tables)
    }

    pub fn create_type(&mut self, dice: &Dice) -> String {
        let name = self.fresh("ut");
        let fields: Vec<(String, Type)> = (0..1 + dice.below(3))
            .map(|n| {
                let ty = match types::any(dice, &self.types, 1) {
                    it if it.is_complex() => Type::Frozen(it.into()),
                    it => it,
                };
                (format!("f{n}"), ty)
            })
            .collect();
        let list: Vec<String> = fields
            .iter()
            .map(|(name, ty)| format!("{name} {}", ty.name()))
            .collect();
        let text = format!("CREATE TYPE {name} ({})", list.join(", "));
        self.types.push(Type::User(name, fields));
        text
    }

    pub fn alter_type(&mut self, dice: &Dice) -> String {
        let name = match self.types.is_empty() {
            true => "ut_none".into(),
            false => dice.pick(&self.types).name(),
        };
        match dice.below(4) {
            0 => format!("ALTER TYPE {name} RENAME f0 TO g{}", dice.below(3)),
            1 => format!("ALTER TYPE {name} ADD f0 int"),
            2 => format!("DROP TYPE {name}"),
            _ => format!(
                "ALTER TYPE {name} ADD h{} {}",
                dice.below(9),
                types::native(dice).name()
            ),
        }
    }

    /// A table with keys of one to three and one to three columns, and what options there are.
    pub fn create_table(&mut self, dice: &Dice) -> String {
        let name = self.fresh("t");
        let mut columns = Vec::new();
        let mut add = |name: String, ty: Type, kind: Kind| columns.push(Column { name, ty, kind });
        for n in 0..1 + dice.weighted(&[70, 22, 8]) {
            add(format!("p{n}"), types::key(dice, &self.types), Kind::Partition);
        }
        let clustering = dice.weighted(&[25, 35, 25, 15]);
        for n in 0..clustering {
            add(format!("c{n}"), types::key(dice, &self.types), Kind::Clustering);
        }
        let is_counter = dice.chance(8);
        for n in 0..if clustering > 0 || dice.chance(3) {
            dice.below(2)
        } else {
            0
        } {
            let ty = if is_counter {
                Type::Counter
            } else {
                types::any(dice, &self.types, 2)
            };
            add(format!("s{n}"), ty, Kind::Static);
        }
        for n in 0..dice.below(5) {
            let ty = match is_counter && !dice.chance(5) {
                true => Type::Counter,
                false if dice.chance(15) => Type::Frozen(types::any(dice, &self.types, 2).into()),
                false => types::any(dice, &self.types, 2),
            };
            let name = if dice.chance(6) {
                format!("\"V {n}\"")
            } else {
                format!("v{n}")
            };
            add(name, ty, Kind::Regular);
        }
        let key = |kind: Kind| -> Vec<String> {
            columns
                .iter()
                .filter(|it| it.kind == kind)
                .map(|it| it.name.clone())
                .collect()
        };
        let (partition, clustering) = (key(Kind::Partition), key(Kind::Clustering));
        let single = partition.len() == 1 && clustering.is_empty() && dice.chance(60);
        let mut parts: Vec<String> = columns
            .iter()
            .map(|it| {
                let more = match it.kind {
                    Kind::Static => " static",
                    Kind::Partition if single => " PRIMARY KEY",
                    _ => "",
                };
                format!("{} {}{more}", it.name, it.ty.name())
            })
            .collect();
        if !single {
            let partition = match partition.len() == 1 && dice.chance(70) {
                true => partition[0].clone(),
                false => format!("({})", partition.join(", ")),
            };
            let all: Vec<String> = [partition].into_iter().chain(clustering.clone()).collect();
            parts.push(format!("PRIMARY KEY ({})", all.join(", ")));
        }
        let mut options = Vec::new();
        if !clustering.is_empty() && dice.chance(40) {
            let order = |name: &String| format!("{name} {}", if dice.chance(60) { "DESC" } else { "ASC" });
            options.push(format!(
                "CLUSTERING ORDER BY ({})",
                clustering.iter().map(order).collect::<Vec<_>>().join(", ")
            ));
        }
        if dice.chance(15) {
            options.push(option(dice));
        }
        let with = if options.is_empty() {
            String::new()
        } else {
            format!(" WITH {}", options.join(" AND "))
        };
        let exists = if dice.chance(10) { "IF NOT EXISTS " } else { "" };
        let text = format!("CREATE TABLE {exists}{name} ({}){with}", parts.join(", "));
        let is_stamped = dice.chance(40) && !is_counter;
        self.tables.push(Table {
            name,
            columns,
            is_view: false,
            is_stamped,
        });
        text
    }

    pub fn alter_table(&mut self, dice: &Dice) -> String {
        let place = dice.below(self.tables.len());
        let fresh = self.fresh("a");
        let users = self.types.clone();
        let table = &mut self.tables[place];
        let verb = if table.is_view && dice.chance(90) {
            "ALTER MATERIALIZED VIEW"
        } else {
            "ALTER TABLE"
        };
        let name = table.name.clone();
        let column = dice.pick(&table.columns).name.clone();
        match dice.weighted(&[35, 20, 15, 20, 5, 5]) {
            0 if !table.is_view => {
                let ty = types::any(dice, &users, 1);
                let text = format!("{verb} {name} ADD {fresh} {}", ty.name());
                table.columns.push(Column {
                    name: fresh,
                    ty,
                    kind: Kind::Regular,
                });
                text
            }
            1 => {
                let removable = table.others();
                match removable.is_empty() || dice.chance(10) {
                    true => format!("{verb} {name} DROP {column}"),
                    false => {
                        let column = dice.pick(&removable).name.clone();
                        if !table.is_view {
                            table.columns.retain(|it| it.name != column);
                        }
                        format!("{verb} {name} DROP {column}")
                    }
                }
            }
            2 => {
                let text = format!("{verb} {name} RENAME {column} TO {fresh}");
                if let Some(it) = table.columns.iter_mut().find(|it| it.name == column)
                    && matches!(it.kind, Kind::Partition | Kind::Clustering)
                {
                    it.name = fresh;
                }
                text
            }
            4 => format!("{verb} {name} ALTER {column} TYPE {}", types::native(dice).name()),
            5 => format!("{verb} {name} ADD {column} {}", types::native(dice).name()),
            _ => format!("{verb} {name} WITH {}", option(dice)),
        }
    }

    pub fn create_index(&mut self, dice: &Dice) -> String {
        let name = self.fresh("i");
        let table = dice.pick(&self.tables);
        let column = dice.pick(&table.columns);
        let target = match (column.ty.bare(), dice.below(4)) {
            (Type::Map(..), n) => format!("{}({})", ["keys", "values", "entries", "full"][n], column.name),
            (Type::List(_) | Type::Set(_), 0) => format!("values({})", column.name),
            (_, 1) if matches!(column.ty, Type::Frozen(_)) => format!("full({})", column.name),
            _ => column.name.clone(),
        };
        let using = *dice.pick(&[
            "",
            "",
            "",
            " USING 'sai'",
            " USING 'sai'",
            " USING 'StorageAttachedIndex'",
            " USING 'none'",
        ]);
        let options = match using.contains("sai") && dice.chance(30) {
            true => *dice.pick(&[
                " WITH OPTIONS = {'case_sensitive': 'false'}",
                " WITH OPTIONS = {'normalize': 'true'}",
                " WITH OPTIONS = {'ascii': 'true', 'case_sensitive': 'false'}",
                " WITH OPTIONS = {'similarity_function': 'cosine'}",
                " WITH OPTIONS = {'nonsense': '1'}",
            ]),
            false => "",
        };
        let text = format!("CREATE INDEX {name} ON {} ({target}){using}{options}", table.name);
        self.indexes.push(name);
        text
    }

    pub fn create_view(&mut self, dice: &Dice) -> String {
        let name = self.fresh("mv");
        let base = dice.pick(&self.tables).clone();
        let mut keys: Vec<Column> = base.of(Kind::Partition);
        keys.extend(base.of(Kind::Clustering));
        if dice.chance(60) && !base.of(Kind::Regular).is_empty() {
            keys.push(dice.pick(&base.of(Kind::Regular)).clone());
        }
        if dice.chance(80) {
            dice.shuffle(&mut keys);
        }
        if dice.chance(4) {
            keys.pop();
        }
        if keys.is_empty() {
            keys.push(base.columns[0].clone());
        }
        let mut relations: Vec<String> = keys.iter().map(|it| format!("{} IS NOT NULL", it.name)).collect();
        if dice.chance(30) {
            let column = dice.pick(&base.columns);
            let operator = *dice.pick(&["=", ">", "<=", "IN", "CONTAINS", "!="]);
            let value = types::literal(dice, column.ty.bare());
            relations.push(match operator {
                "IN" => format!("{} IN ({value})", column.name),
                _ => format!("{} {operator} {value}", column.name),
            });
        }
        if dice.chance(5) {
            relations.pop();
        }
        let selected = if dice.chance(50) {
            "*".into()
        } else {
            let mut names: Vec<String> = keys.iter().map(|it| it.name.clone()).collect();
            names.extend(base.of(Kind::Regular).iter().take(1).map(|it| it.name.clone()));
            names.dedup();
            names.join(", ")
        };
        let names: Vec<String> = keys.iter().map(|it| it.name.clone()).collect();
        let first = if names.len() > 1 && dice.chance(15) {
            format!("({}, {})", names[0], names[1])
        } else {
            names[0].clone()
        };
        let skipped = if first.starts_with('(') { 2 } else { 1 };
        let key: Vec<String> = [first].into_iter().chain(names.iter().skip(skipped).cloned()).collect();
        let text = format!(
            "CREATE MATERIALIZED VIEW {name} AS SELECT {selected} FROM {} WHERE {} PRIMARY KEY ({})",
            base.name,
            if relations.is_empty() {
                "p0 IS NOT NULL".into()
            } else {
                relations.join(" AND ")
            },
            key.join(", ")
        );
        let mut columns = base.columns.clone();
        for (n, key) in keys.iter().enumerate() {
            if let Some(it) = columns.iter_mut().find(|it| it.name == key.name) {
                it.kind = if n < skipped { Kind::Partition } else { Kind::Clustering };
            }
        }
        columns.retain(|it| it.kind != Kind::Static);
        self.tables.push(Table {
            name,
            columns,
            is_view: true,
            is_stamped: base.is_stamped,
        });
        text
    }

    pub fn drop(&mut self, dice: &Dice) -> String {
        if !self.indexes.is_empty() && dice.chance(60) {
            let place = dice.below(self.indexes.len());
            return format!("DROP INDEX {}", self.indexes.remove(place));
        }
        let place = dice.below(self.tables.len());
        let it = self.tables[place].clone();
        if self.tables.len() > 3 {
            self.tables.remove(place);
        }
        let what = if it.is_view { "MATERIALIZED VIEW" } else { "TABLE" };
        let exists = if dice.chance(20) { "IF EXISTS " } else { "" };
        format!("DROP {what} {exists}{}", it.name)
    }
}

fn option(dice: &Dice) -> String {
    (*dice.pick(&[
        "comment = 'a table'",
        "gc_grace_seconds = 3600",
        "gc_grace_seconds = -1",
        "default_time_to_live = 100000",
        "default_time_to_live = -5",
        "bloom_filter_fp_chance = 0.1",
        "bloom_filter_fp_chance = 2",
        "compression = {'class': 'ZstdCompressor'}",
        "compression = {'enabled': 'false'}",
        "compression = {'class': 'Nonsense'}",
        "compression = {'chunk_length_in_kb': '5'}",
        "compaction = {'class': 'LeveledCompactionStrategy'}",
        "compaction = {'class': 'SizeTieredCompactionStrategy', 'min_threshold': '1'}",
        "compaction = {'class': 'TimeWindowCompactionStrategy', 'compaction_window_size': '2'}",
        "compaction = {'class': 'UnifiedCompactionStrategy', 'scaling_parameters': 'T4'}",
        "compaction = {'class': 'Nonsense'}",
        "caching = {'keys': 'NONE', 'rows_per_partition': '10'}",
        "caching = {'keys': 'SOME'}",
        "speculative_retry = '99p'",
        "speculative_retry = '10ms'",
        "speculative_retry = 'sometimes'",
        "memtable_flush_period_in_ms = 5000",
        "min_index_interval = 64",
        "max_index_interval = 10",
        "crc_check_chance = 0.5",
        "nonsense = 1",
        "read_repair = 'NONE'",
        "additional_write_policy = 'never'",
        "cdc = true",
        "memtable = 'default'",
        "extensions = {}",
    ]))
    .into()
}
