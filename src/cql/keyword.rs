//! The keywords of CQL 3.4.7, and how free each one is to be used as a name.

/// How a keyword may be used outside its own syntax. Cassandra's grammar calls the last three groups unreserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeywordClass {
    /// Never a name unless quoted.
    Reserved,
    /// A name of anything.
    Basic,
    /// The name of a native type; also a name of anything but a user type.
    Type,
    /// A column's name, but not a function's: the parser must look further to tell the two uses apart.
    Special,
}

macro_rules! keywords {
    ($($class:ident { $($variant:ident = $text:literal $(| $synonym:literal)?,)* })*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Keyword {
            $($($variant,)*)*
        }

        impl Keyword {
            /// Every keyword once, in the order of its class.
            pub const ALL: &[Keyword] = &[$($(Keyword::$variant,)*)*];

            /// The keyword as documentation writes it.
            pub const fn text(self) -> &'static str {
                match self {
                    $($(Keyword::$variant => $text,)*)*
                }
            }

            pub const fn class(self) -> KeywordClass {
                match self {
                    $($(Keyword::$variant => KeywordClass::$class,)*)*
                }
            }

            fn from_upper_case(word: &[u8]) -> Option<Keyword> {
                Some(match core::str::from_utf8(word).ok()? {
                    $($($text $(| $synonym)? => Keyword::$variant,)*)*
                    _ => return None,
                })
            }
        }
    };
}

keywords! {
    Reserved {
        Add = "ADD",
        Allow = "ALLOW",
        Alter = "ALTER",
        And = "AND",
        Apply = "APPLY",
        Asc = "ASC",
        Authorize = "AUTHORIZE",
        Batch = "BATCH",
        Begin = "BEGIN",
        By = "BY",
        Create = "CREATE",
        Delete = "DELETE",
        Desc = "DESC",
        Describe = "DESCRIBE",
        Drop = "DROP",
        Entries = "ENTRIES",
        Execute = "EXECUTE",
        From = "FROM",
        Full = "FULL",
        Grant = "GRANT",
        If = "IF",
        In = "IN",
        Index = "INDEX",
        Infinity = "INFINITY",
        Insert = "INSERT",
        Into = "INTO",
        Is = "IS",
        Keyspace = "KEYSPACE",
        Limit = "LIMIT",
        Materialized = "MATERIALIZED",
        Modify = "MODIFY",
        Nan = "NAN",
        Norecursive = "NORECURSIVE",
        Not = "NOT",
        Null = "NULL",
        Of = "OF",
        On = "ON",
        Or = "OR",
        Order = "ORDER",
        Primary = "PRIMARY",
        Rename = "RENAME",
        Revoke = "REVOKE",
        Schema = "SCHEMA",
        Select = "SELECT",
        Set = "SET",
        Table = "TABLE" | "COLUMNFAMILY",
        To = "TO",
        Token = "TOKEN",
        Truncate = "TRUNCATE",
        Unlogged = "UNLOGGED",
        Update = "UPDATE",
        Use = "USE",
        Using = "USING",
        View = "VIEW",
        Where = "WHERE",
        With = "WITH",
    }
    Basic {
        Access = "ACCESS",
        Aggregate = "AGGREGATE",
        Aggregates = "AGGREGATES",
        All = "ALL",
        Ann = "ANN",
        As = "AS",
        Called = "CALLED",
        Cidrs = "CIDRS",
        Cluster = "CLUSTER",
        Clustering = "CLUSTERING",
        Compact = "COMPACT",
        Contains = "CONTAINS",
        Custom = "CUSTOM",
        Datacenters = "DATACENTERS",
        Default = "DEFAULT",
        Exists = "EXISTS",
        Filtering = "FILTERING",
        Finalfunc = "FINALFUNC",
        Frozen = "FROZEN",
        Function = "FUNCTION",
        Functions = "FUNCTIONS",
        Group = "GROUP",
        Hashed = "HASHED",
        Identity = "IDENTITY",
        Initcond = "INITCOND",
        Input = "INPUT",
        Internals = "INTERNALS",
        Keys = "KEYS",
        Keyspaces = "KEYSPACES",
        Language = "LANGUAGE",
        Like = "LIKE",
        List = "LIST",
        Login = "LOGIN",
        Map = "MAP",
        Masked = "MASKED",
        Mbean = "MBEAN",
        Mbeans = "MBEANS",
        Nologin = "NOLOGIN",
        Nosuperuser = "NOSUPERUSER",
        Only = "ONLY",
        Options = "OPTIONS",
        Partition = "PARTITION",
        Password = "PASSWORD",
        Per = "PER",
        Permission = "PERMISSION",
        Permissions = "PERMISSIONS",
        Replace = "REPLACE",
        Returns = "RETURNS",
        Role = "ROLE",
        Roles = "ROLES",
        SelectMasked = "SELECT_MASKED",
        Sfunc = "SFUNC",
        Static = "STATIC",
        Storage = "STORAGE",
        Stype = "STYPE",
        Superuser = "SUPERUSER",
        Tables = "TABLES" | "COLUMNFAMILIES",
        Trigger = "TRIGGER",
        Tuple = "TUPLE",
        Type = "TYPE",
        Types = "TYPES",
        Unmask = "UNMASK",
        Unset = "UNSET",
        User = "USER",
        Users = "USERS",
        Values = "VALUES",
        Vector = "VECTOR",
    }
    Type {
        Ascii = "ASCII",
        Bigint = "BIGINT",
        Blob = "BLOB",
        Boolean = "BOOLEAN",
        Counter = "COUNTER",
        Date = "DATE",
        Decimal = "DECIMAL",
        Double = "DOUBLE",
        Duration = "DURATION",
        Float = "FLOAT",
        Inet = "INET",
        Int = "INT",
        Smallint = "SMALLINT",
        Text = "TEXT",
        Time = "TIME",
        Timestamp = "TIMESTAMP",
        Timeuuid = "TIMEUUID",
        Tinyint = "TINYINT",
        Uuid = "UUID",
        Varchar = "VARCHAR",
        Varint = "VARINT",
    }
    Special {
        Cast = "CAST",
        Count = "COUNT",
        Distinct = "DISTINCT",
        Json = "JSON",
        Key = "KEY",
        Maxwritetime = "MAXWRITETIME",
        Ttl = "TTL",
        Writetime = "WRITETIME",
    }
}

/// Bytes of the longest keyword, `COLUMNFAMILIES`.
const LONGEST: usize = 14;

impl Keyword {
    /// The keyword that a word is, in any mix of cases.
    pub fn of(word: &str) -> Option<Keyword> {
        let mut upper = [0; LONGEST];
        let upper = upper.get_mut(..word.len())?;
        upper.copy_from_slice(word.as_bytes());
        upper.make_ascii_uppercase();
        Keyword::from_upper_case(upper)
    }

    pub const fn is_reserved(self) -> bool {
        matches!(self.class(), KeywordClass::Reserved)
    }

    /// What Cassandra's grammar calls the token, as its messages name it: `K_FROM`.
    pub fn grammar_name(self) -> String {
        match self {
            Keyword::Table => "K_COLUMNFAMILY".to_owned(),
            Keyword::Nan => "K_POSITIVE_NAN".to_owned(),
            Keyword::Infinity => "K_POSITIVE_INFINITY".to_owned(),
            other => format!("K_{}", other.text()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::identifier::RESERVED_WORDS;

    #[test]
    fn found_in_any_case() {
        assert_eq!(Keyword::of("sElEcT"), Some(Keyword::Select));
        assert_eq!(Keyword::of("columnfamilies"), Some(Keyword::Tables));
        assert_eq!(Keyword::of("selected"), None);
        assert_eq!(Keyword::of("a_word_longer_than_any_keyword"), None);
    }

    #[test]
    fn every_keyword_finds_itself() {
        for keyword in Keyword::ALL {
            assert_eq!(Keyword::of(keyword.text()), Some(*keyword));
        }
    }

    #[test]
    fn reserved_keywords_are_the_reserved_words() {
        let mut reserved: Vec<String> = Keyword::ALL
            .iter()
            .filter(|keyword| keyword.is_reserved())
            .map(|keyword| keyword.text().to_lowercase())
            .chain(["columnfamily".to_owned()])
            .collect();
        reserved.sort();
        assert_eq!(reserved, RESERVED_WORDS);
    }
}
