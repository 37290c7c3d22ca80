use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::Context;
use domain::jobs::Job;
use domain::names::Email;
use domain::ports::{
    Address, Ca, CaAccount, CaError, CaMeta, ChallengeType, Command, CommandOutput, Connected, Delivery, Directory,
    DnsAccess, DnsWriteError, DnsWriter, Endpoint, ExternalAccountBinding, Handshake, Item, Key, LoginKey, Message,
    Messenger, MessengerError, NewOrder, OrderView, Page, PageToken, ProbeError, Prober, Query, Queue, QueueError,
    QueueName, Registered, Remote, RemoteError, RemoteHost, RemoteSession, RenewalInfo, Schedule, ScheduleName,
    Scheduler, SchedulerError, SecretName, Store, StoreError, Table, Trusted, TxtChange, Vault, VaultError, Write,
};
use secrecy::SecretString;
use tokio::sync::Notify;

/// On which side of a call the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Nothing of it has happened.
    Before,
    /// It has happened, and nobody heard the answer.
    After,
}

/// When a process dies: at one of its calls to the ports. From then on no call of it begins or returns, as with
/// `kill -9`.
#[derive(Debug)]
pub struct Fate {
    at: Option<(usize, Moment)>,
    calls: Mutex<Vec<&'static str>>,
    dead: AtomicBool,
    died: Notify,
    sleeps_at: Mutex<Option<&'static str>>,
    woken: Notify,
}

impl Fate {
    /// Dies at the call of this number, counted from 0.
    pub fn at(call: usize, moment: Moment) -> Arc<Self> {
        Self::new(Some((call, moment)), None)
    }

    /// Does not die, but falls asleep before its first call of this name, e.g. `vault.create`.
    pub fn asleep_at(name: &'static str) -> Arc<Self> {
        Self::new(None, Some(name))
    }

    fn new(at: Option<(usize, Moment)>, sleeps_at: Option<&'static str>) -> Arc<Self> {
        Arc::new(Self {
            at,
            sleeps_at: Mutex::new(sleeps_at),
            calls: Mutex::default(),
            dead: AtomicBool::default(),
            died: Notify::new(),
            woken: Notify::new(),
        })
    }

    /// Wakes it up.
    pub fn wake(&self) {
        self.woken.notify_one();
    }

    /// Whether it has died.
    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// Returns when it has died or fallen asleep; for one waiter.
    pub async fn died(&self) {
        self.died.notified().await;
    }

    /// The calls it began, by name.
    pub fn calls(&self) -> Vec<&'static str> {
        self.calls.lock().unwrap().clone()
    }

    /// The ports of a process with this fate.
    pub fn of(self: &Arc<Self>, ctx: &Context) -> Context {
        Context {
            store: Arc::new(Mortal::new(self, &ctx.store)),
            queue: Arc::new(Mortal::new(self, &ctx.queue)),
            vault: Arc::new(Mortal::new(self, &ctx.vault)),
            scheduler: Arc::new(Mortal::new(self, &ctx.scheduler)),
            ca: Arc::new(Mortal::new(self, &ctx.ca)),
            messenger: Arc::new(Mortal::new(self, &ctx.messenger)),
            zones: Arc::new(Mortal::new(self, &ctx.zones)),
            remote: Arc::new(Mortal::new(self, &ctx.remote)),
            prober: Arc::new(Mortal::new(self, &ctx.prober)),
            ..ctx.clone()
        }
    }

    async fn live<T>(&self, name: &'static str, call: impl Future<Output = T>) -> T {
        let moment = if self.is_dead() {
            Some(Moment::Before)
        } else {
            let mut calls = self.calls.lock().unwrap();
            calls.push(name);
            self.at.filter(|(at, _)| *at + 1 == calls.len()).map(|(_, moment)| moment)
        };
        let sleeps = self.sleeps_at.lock().unwrap().take_if(|at| *at == name).is_some();
        if sleeps {
            self.died.notify_one();
            self.woken.notified().await;
        }
        match moment {
            None => {
                let answer = call.await;
                if !self.is_dead() {
                    return answer;
                }
            }
            Some(Moment::Before) => self.die(),
            Some(Moment::After) => {
                call.await;
                self.die();
            }
        }
        std::future::pending().await
    }

    fn die(&self) {
        if !self.dead.swap(true, Ordering::SeqCst) {
            self.died.notify_one();
        }
    }
}

/// A port of a process that dies.
struct Mortal<P: ?Sized> {
    fate: Arc<Fate>,
    port: Arc<P>,
}

impl<P: ?Sized> Mortal<P> {
    fn new(fate: &Arc<Fate>, port: &Arc<P>) -> Self {
        Self { fate: Arc::clone(fate), port: Arc::clone(port) }
    }
}

impl<P: ?Sized> fmt::Debug for Mortal<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mortal").field("fate", &self.fate).finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for Mortal<dyn Store> {
    async fn get(&self, table: &'static Table, key: Key) -> Result<Option<Item>, StoreError> {
        self.fate.live("store.get", self.port.get(table, key)).await
    }

    async fn get_many(&self, keys: Vec<(&'static Table, Key)>) -> Result<Vec<Option<Item>>, StoreError> {
        self.fate.live("store.get_many", self.port.get_many(keys)).await
    }

    async fn query(&self, query: Query) -> Result<Page, StoreError> {
        self.fate.live("store.query", self.port.query(query)).await
    }

    async fn scan(&self, table: &'static Table, after: Option<PageToken>) -> Result<Page, StoreError> {
        self.fate.live("store.scan", self.port.scan(table, after)).await
    }

    async fn write(&self, write: Write) -> Result<(), StoreError> {
        self.fate.live("store.write", self.port.write(write)).await
    }

    async fn transact(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        self.fate.live("store.transact", self.port.transact(writes)).await
    }

    async fn increment(
        &self,
        table: &'static Table,
        key: Key,
        attribute: &'static str,
        by: i64,
    ) -> Result<i64, StoreError> {
        self.fate.live("store.increment", self.port.increment(table, key, attribute, by)).await
    }
}

#[async_trait]
impl Queue for Mortal<dyn Queue> {
    async fn send(&self, queue: QueueName, job: &Job, delay: Duration) -> Result<(), QueueError> {
        self.fate.live("queue.send", self.port.send(queue, job, delay)).await
    }

    async fn receive(&self, queue: QueueName, max: usize, visibility: Duration) -> Result<Vec<Delivery>, QueueError> {
        self.fate.live("queue.receive", self.port.receive(queue, max, visibility)).await
    }

    async fn delete(&self, queue: QueueName, receipt: &str) -> Result<(), QueueError> {
        self.fate.live("queue.delete", self.port.delete(queue, receipt)).await
    }

    async fn waiting(&self, queue: QueueName) -> Result<Vec<Job>, QueueError> {
        self.fate.live("queue.waiting", self.port.waiting(queue)).await
    }

    async fn dead_letters(&self, queue: QueueName, max: usize) -> Result<Vec<Job>, QueueError> {
        self.fate.live("queue.dead_letters", self.port.dead_letters(queue, max)).await
    }

    async fn ready(&self, queue: QueueName) {
        self.port.ready(queue).await;
    }
}

#[async_trait]
impl Vault for Mortal<dyn Vault> {
    async fn put(&self, name: &SecretName, value: &SecretString) -> Result<(), VaultError> {
        self.fate.live("vault.put", self.port.put(name, value)).await
    }

    async fn create(&self, name: &SecretName, value: &SecretString) -> Result<bool, VaultError> {
        self.fate.live("vault.create", self.port.create(name, value)).await
    }

    async fn get(&self, name: &SecretName) -> Result<Option<SecretString>, VaultError> {
        self.fate.live("vault.get", self.port.get(name)).await
    }

    async fn previous(&self, name: &SecretName) -> Result<Option<SecretString>, VaultError> {
        self.fate.live("vault.previous", self.port.previous(name)).await
    }

    async fn delete(&self, name: &SecretName) -> Result<(), VaultError> {
        self.fate.live("vault.delete", self.port.delete(name)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<SecretName>, VaultError> {
        self.fate.live("vault.list", self.port.list(prefix)).await
    }
}

#[async_trait]
impl Scheduler for Mortal<dyn Scheduler> {
    async fn set(&self, schedule: Schedule) -> Result<(), SchedulerError> {
        self.fate.live("scheduler.set", self.port.set(schedule)).await
    }

    async fn cancel(&self, name: &ScheduleName) -> Result<(), SchedulerError> {
        self.fate.live("scheduler.cancel", self.port.cancel(name)).await
    }

    async fn list(&self) -> Result<Vec<Schedule>, SchedulerError> {
        self.fate.live("scheduler.list", self.port.list()).await
    }
}

#[async_trait]
impl Ca for Mortal<dyn Ca> {
    fn check(&self, directory: &Directory) -> Result<(), CaError> {
        self.port.check(directory)
    }

    async fn register(
        &self,
        directory: &Directory,
        contact: &Email,
        binding: Option<&ExternalAccountBinding>,
    ) -> Result<Registered, CaError> {
        self.fate.live("ca.register", self.port.register(directory, contact, binding)).await
    }

    async fn meta(&self, directory: &Directory) -> Result<CaMeta, CaError> {
        self.fate.live("ca.meta", self.port.meta(directory)).await
    }

    async fn renewal_info(&self, directory: &Directory, chain_pem: &str) -> Result<Option<RenewalInfo>, CaError> {
        self.fate.live("ca.renewal_info", self.port.renewal_info(directory, chain_pem)).await
    }

    async fn new_order(&self, account: &CaAccount, new: &NewOrder) -> Result<OrderView, CaError> {
        self.fate.live("ca.new_order", self.port.new_order(account, new)).await
    }

    async fn order(&self, account: &CaAccount, url: &str) -> Result<OrderView, CaError> {
        self.fate.live("ca.order", self.port.order(account, url)).await
    }

    async fn answer_challenges(&self, account: &CaAccount, url: &str, by: ChallengeType) -> Result<(), CaError> {
        self.fate.live("ca.answer_challenges", self.port.answer_challenges(account, url, by)).await
    }

    async fn finalize(&self, account: &CaAccount, url: &str, csr: &[u8]) -> Result<OrderView, CaError> {
        self.fate.live("ca.finalize", self.port.finalize(account, url, csr)).await
    }

    async fn certificate(&self, account: &CaAccount, url: &str) -> Result<String, CaError> {
        self.fate.live("ca.certificate", self.port.certificate(account, url)).await
    }

    async fn revoke(&self, account: &CaAccount, chain_pem: &str) -> Result<(), CaError> {
        self.fate.live("ca.revoke", self.port.revoke(account, chain_pem)).await
    }
}

#[async_trait]
impl Messenger for Mortal<dyn Messenger> {
    async fn send(&self, to: &Address, message: &Message) -> Result<(), MessengerError> {
        self.fate.live("messenger.send", self.port.send(to, message)).await
    }
}

#[async_trait]
impl DnsWriter for Mortal<dyn DnsWriter> {
    fn check(&self, access: &DnsAccess) -> Result<(), DnsWriteError> {
        self.port.check(access)
    }

    async fn write(&self, access: &DnsAccess, change: &TxtChange) -> Result<(), DnsWriteError> {
        self.fate.live("zones.write", self.port.write(access, change)).await
    }
}

#[async_trait]
impl Prober for Mortal<dyn Prober> {
    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, ProbeError> {
        self.fate.live("prober.resolve", self.port.resolve(host)).await
    }

    async fn handshake(&self, endpoint: &Endpoint, within: Duration) -> Result<Handshake, ProbeError> {
        self.fate.live("prober.handshake", self.port.handshake(endpoint, within)).await
    }

    fn trust(&self, chain: &[Vec<u8>], roots_pem: &str) -> Result<Trusted, String> {
        self.port.trust(chain, roots_pem)
    }

    fn check_roots(&self, roots_pem: &str) -> Result<(), String> {
        self.port.check_roots(roots_pem)
    }
}

#[async_trait]
impl Remote for Mortal<dyn Remote> {
    fn new_key(&self, seed: &[u8; 32]) -> Result<LoginKey, RemoteError> {
        self.port.new_key(seed)
    }

    fn read_key(&self, text: &SecretString) -> Result<LoginKey, RemoteError> {
        self.port.read_key(text)
    }

    async fn connect(&self, host: &RemoteHost, within: Duration) -> Result<Connected, RemoteError> {
        let connected = self.fate.live("remote.connect", self.port.connect(host, within)).await?;
        let session: Arc<dyn RemoteSession> = Arc::from(connected.session);
        let session = Box::new(Mortal::new(&self.fate, &session));
        Ok(Connected { session, host_key: connected.host_key })
    }
}

#[async_trait]
impl RemoteSession for Mortal<dyn RemoteSession> {
    async fn run(&self, command: Command) -> Result<CommandOutput, RemoteError> {
        self.fate.live("remote.run", self.port.run(command)).await
    }
}
