use std::fmt;

use domain::ports::{CaAccount, Directory};
use instant_acme::{Account, AccountCredentials, Order, OrderStatus};
use secrecy::{ExposeSecret, SecretString};

use crate::fault::{Fault, persist};
use crate::recent::Recent;
use crate::transport::Transport;

/// Orders remembered for an account between two calls.
const ORDERS_MAX: usize = 32;

/// An account in use, and its orders as they were last seen. What was seen may be out of date by now: it saves a
/// request where acting on it does no harm, and a refusal is answered by looking again.
pub(crate) struct Session {
    account: Account,
    directory: Directory,
    credentials: SecretString,
    seen: Recent<String, Order>,
}

impl Session {
    /// Opens an account; reads the CA's directory (RFC 8555 §7.1.1).
    pub(crate) async fn open(account: &CaAccount, transport: Transport) -> Result<Self, Fault> {
        // The parser's error would quote the credentials.
        let credentials = serde_json::from_str::<AccountCredentials>(account.credentials.expose_secret())
            .map_err(|_| Fault::refused("the stored credentials of the ACME account cannot be read"))?;
        Ok(Self {
            account: Account::builder_with_http(Box::new(transport)).from_credentials(credentials).await?,
            directory: account.directory.clone(),
            credentials: account.credentials.clone(),
            seen: Recent::new(ORDERS_MAX),
        })
    }

    /// Whether it was opened with the same credentials.
    pub(crate) fn is_of(&self, account: &CaAccount) -> bool {
        self.directory == account.directory && self.credentials.expose_secret() == account.credentials.expose_secret()
    }

    /// The account at the CA.
    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    /// Reads an order.
    pub(crate) async fn look(&self, url: &str) -> Result<Order, Fault> {
        persist!(self.account.order(url.to_owned()))
    }

    /// Remembers an order.
    pub(crate) fn remember(&self, order: Order) {
        self.seen.put(order.url().to_owned(), order);
    }

    /// Takes what is remembered of an order, if it had this status.
    pub(crate) fn recall(&self, url: &str, status: OrderStatus) -> Option<Order> {
        self.seen.take(&url.to_owned()).and_then(|mut order| (order.state().status == status).then_some(order))
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("account", &self.account.id()).finish_non_exhaustive()
    }
}
