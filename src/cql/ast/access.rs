//! Roles, users, identities and permissions.

use super::{QualifiedName, TypeName};
use crate::base::SortedMap;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessStatement {
    /// CREATE USER makes one too, that may log in.
    CreateRole {
        name: String,
        if_not_exists: bool,
        options: RoleOptions,
    },
    AlterRole {
        name: String,
        if_exists: bool,
        options: RoleOptions,
    },
    DropRole {
        name: String,
        if_exists: bool,
    },
    GrantRole {
        role: String,
        grantee: String,
    },
    RevokeRole {
        role: String,
        revokee: String,
    },
    ListRoles {
        grantee: Option<String>,
        recursive: bool,
    },
    ListUsers,
    GrantPermissions {
        permissions: Vec<Permission>,
        resource: Resource,
        grantee: String,
    },
    RevokePermissions {
        permissions: Vec<Permission>,
        resource: Resource,
        revokee: String,
    },
    ListPermissions {
        permissions: Vec<Permission>,
        resource: Option<Resource>,
        grantee: Option<String>,
        recursive: bool,
    },
    AddIdentity {
        identity: String,
        role: String,
        if_not_exists: bool,
    },
    DropIdentity {
        identity: String,
        if_exists: bool,
    },
}

/// What was said of a role; None where nothing was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleOptions {
    pub password: Option<String>,
    pub hashed_password: Option<String>,
    pub superuser: Option<bool>,
    pub login: Option<bool>,
    /// OPTIONS: for an authenticator to make sense of.
    pub custom: Option<SortedMap<String, String>>,
    pub datacenters: Option<Allowed>,
    pub cidr_groups: Option<Allowed>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    All,
    Only(Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    Create,
    Alter,
    Drop,
    Select,
    Modify,
    Authorize,
    Describe,
    Execute,
    Unmask,
    SelectMasked,
}

impl Permission {
    pub const ALL: [Permission; 10] = [
        Permission::Create,
        Permission::Alter,
        Permission::Drop,
        Permission::Select,
        Permission::Modify,
        Permission::Authorize,
        Permission::Describe,
        Permission::Execute,
        Permission::Unmask,
        Permission::SelectMasked,
    ];
}

/// What a permission is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resource {
    AllKeyspaces,
    Keyspace(String),
    AllTables {
        keyspace: String,
    },
    Table(QualifiedName),
    AllRoles,
    Role(String),
    AllFunctions {
        keyspace: Option<String>,
    },
    Function {
        name: QualifiedName,
        arguments: Vec<TypeName>,
    },
    AllMBeans,
    /// One bean of the Java management extensions, or a pattern for several.
    MBean(String),
}

impl Resource {
    /// Which permissions it makes sense to have on it.
    pub fn applicable(&self) -> &'static [Permission] {
        use Permission::*;
        match self {
            Resource::AllKeyspaces | Resource::Keyspace(_) | Resource::AllTables { .. } => {
                &[Create, Alter, Drop, Select, Modify, Authorize, Unmask, SelectMasked]
            }
            Resource::Table(_) => &[Alter, Drop, Select, Modify, Authorize, Unmask, SelectMasked],
            Resource::AllRoles => &[Create, Alter, Drop, Authorize, Describe],
            Resource::Role(_) => &[Alter, Drop, Authorize, Describe],
            Resource::AllFunctions { .. } => &[Create, Alter, Drop, Authorize, Execute],
            Resource::Function { .. } => &[Alter, Drop, Authorize, Execute],
            Resource::AllMBeans | Resource::MBean(_) => &[Authorize, Describe, Execute, Modify, Select],
        }
    }

    /// The class of the resource, as Cassandra's messages name it.
    pub fn kind(&self) -> &'static str {
        match self {
            Resource::AllKeyspaces | Resource::Keyspace(_) | Resource::AllTables { .. } | Resource::Table(_) => {
                "DataResource"
            }
            Resource::AllRoles | Resource::Role(_) => "RoleResource",
            Resource::AllFunctions { .. } | Resource::Function { .. } => "FunctionResource",
            Resource::AllMBeans | Resource::MBean(_) => "JMXResource",
        }
    }
}
