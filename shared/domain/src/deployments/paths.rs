use serde::{Deserialize, Serialize};

use super::Deployment;
use crate::Result;
use crate::entity::{self, Entity};
use crate::ids::{DeploymentId, ServerId};
use crate::ports::{Attribute, Expect, Item, Key, Table, Write};

/// Which deployment has which directory of a server: no two may have one.
pub static PATHS: Table =
    Table { name: "deployment_paths", partition: Attribute::text("place"), sort: None, indexes: &[], ttl: None };

/// A directory of a server that is taken.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Place {
    deployment: DeploymentId,
    server: ServerId,
    path: String,
}

impl Place {
    fn text(server: ServerId, path: &str) -> String {
        format!("{server}:{path}")
    }
}

impl Entity for Place {
    const TABLE: &'static Table = &PATHS;
    const NAME: &'static str = "place of a deployment";

    fn key(&self) -> Key {
        Key::of(Self::text(self.server, &self.path))
    }

    fn index(&self, item: &mut Item) {
        item.insert("place".into(), Self::text(self.server, &self.path).into());
    }
}

/// Takes the directory of a deployment; fails where another has it.
pub(super) fn take(deployment: &Deployment) -> Result<Write> {
    let path = deployment.deploy_path.clone();
    entity::insert(&Place { deployment: deployment.id, server: deployment.server, path })
}

/// Gives a directory back.
pub(super) fn give_back(server: ServerId, path: &str) -> Write {
    Write::Delete { table: &PATHS, key: Key::of(Place::text(server, path)), expect: Expect::Present }
}
