use std::time::Duration;

use domain::certificates::Certificate;
use domain::deployments::{self, Before, Deployment, Ending, Outcome, Run, Site};
use domain::entity::{self, Stored};
use domain::operations::{Operation, Work};
use domain::ports::{Command, CommandOutput, EntropyExt, Key, RemoteError, RemoteSession};
use domain::servers::{self, Server};
use domain::{Context, Error, audit};

use crate::LEASE;
use crate::hitch::{Course, Hitch, Stop};
use crate::script;

/// A run at work: its rows, and the connection, which is made when it is first needed.
pub(crate) struct Attempt {
    pub(crate) operation: Stored<Operation>,
    pub(crate) run: Stored<Run>,
    pub(crate) deployment: Stored<Deployment>,
    pub(crate) certificate: Certificate,
    pub(crate) server: Server,
    pub(crate) site: Site,
    /// Who took the lease: this worker.
    holder: Option<String>,
    connection: Option<Connection>,
}

struct Connection {
    session: Box<dyn RemoteSession>,
    /// What its scripts are known by on the server, once they have taken it over.
    fence: Option<String>,
}

impl Attempt {
    /// Reads the rows; not found where the deployment was deleted.
    pub(crate) async fn load(ctx: &Context, operation: Stored<Operation>) -> domain::Result<Self> {
        let Work::Deploy { deployment, run } = operation.value.work else {
            return Err(Error::Internal(format!("operation {} does not deploy", operation.value.id)));
        };
        let store = ctx.store.as_ref();
        let (found, its_run) =
            entity::find_both::<Deployment, Run>(store, Key::of(deployment.0), Key::pair(deployment.0, run.0)).await?;
        let missing = |what| Error::NotFound { what };
        let (deployment, run) = (found.ok_or_else(|| missing("deployment"))?, its_run.ok_or_else(|| missing("run"))?);
        let keys = (Key::of(deployment.value.certificate.0), Key::of(deployment.value.server.0));
        let (certificate, server) = entity::find_both::<Certificate, Server>(store, keys.0, keys.1).await?;
        let certificate = certificate.ok_or_else(|| missing("certificate"))?.value;
        let server = server.ok_or_else(|| missing("server"))?.value;
        let site = deployment.value.config.site(&deployment.value.deploy_path, &server, &certificate);
        let holder = operation.value.lease.as_ref().map(|lease| lease.holder.clone());
        Ok(Self { operation, run, deployment, certificate, server, site, holder, connection: None })
    }

    /// Reads the rows again after somebody else wrote one; whether the lease is still ours.
    pub(crate) async fn reload(&mut self, ctx: &Context) -> domain::Result<bool> {
        let operation: Stored<Operation> = entity::load(ctx.store.as_ref(), Key::of(self.operation.value.id.0)).await?;
        let ours =
            self.holder.is_some() && operation.value.lease.as_ref().map(|lease| &lease.holder) == self.holder.as_ref();
        let connection = self.connection.take();
        *self = Self { holder: self.holder.take(), connection, ..Self::load(ctx, operation).await? };
        Ok(ours)
    }

    /// The name of the files it puts on the server.
    pub(crate) fn version(&self) -> Result<String, Hitch> {
        self.run.value.version().ok_or_else(|| Hitch::failed("the certificate was not checked"))
    }

    /// What was there before.
    pub(crate) fn before(&self) -> Result<Before, Hitch> {
        self.run.value.before.clone().ok_or_else(|| Hitch::failed("nothing was written down of what was there before"))
    }

    /// Whether something on the server may have been changed that a site sees.
    pub(crate) fn has_changed_something(&self) -> bool {
        self.run.value.before.is_some()
    }

    /// The file with the directives, or nothing.
    pub(crate) fn snippet_path(&self) -> &str {
        self.site.snippet.as_ref().map_or("", |(path, _)| path)
    }

    /// Connects, unless there is a connection.
    pub(crate) async fn connect(&mut self, ctx: &Context) -> Result<(), Hitch> {
        if self.connection.is_none() {
            let contact = servers::connect(ctx, self.server.id).await?;
            self.server = contact.server.value;
            self.connection = Some(Connection { session: contact.session, fence: None });
        }
        Ok(())
    }

    /// Runs a command on the server.
    pub(crate) async fn sh(&mut self, ctx: &Context, command: Command) -> Result<CommandOutput, Hitch> {
        self.connect(ctx).await?;
        let Some(Connection { session, .. }) = &self.connection else {
            return Err(Hitch::failed("there is no connection"));
        };
        match session.run(command).await {
            Ok(output) => {
                self.run.value.lost_since = None;
                Ok(output)
            }
            Err(error) => {
                self.connection = None;
                Err(Hitch::Lost(error))
            }
        }
    }

    /// Runs a script on the server that changes something, and has to go well. What an earlier connection left running
    /// there changes nothing any more.
    pub(crate) async fn change(&mut self, ctx: &Context, what: &str, command: Command) -> Result<String, Hitch> {
        let held = self.connection.as_ref().and_then(|connection| connection.fence.clone());
        let fence = match held {
            Some(fence) => fence,
            None => {
                let fence = ctx.entropy.hex::<8>();
                self.must(ctx, what, script::take_over(&self.site.deploy_path, &fence)).await?;
                if let Some(connection) = &mut self.connection {
                    connection.fence = Some(fence.clone());
                }
                fence
            }
        };
        self.must(ctx, what, script::fenced(command, &fence)).await
    }

    /// Runs a script on the server that has to go well.
    pub(crate) async fn must(&mut self, ctx: &Context, what: &str, command: Command) -> Result<String, Hitch> {
        /// What a script says of input that broke off, or of a later connection (sysexits.h, EX_TEMPFAIL).
        const BROKEN_OFF: u32 = 75;
        let output = self.sh(ctx, command).await?;
        match output.status {
            0 => Ok(output.stdout),
            BROKEN_OFF => {
                self.connection = None;
                Err(Hitch::Lost(RemoteError::Dropped(output.words())))
            }
            _ => Err(Hitch::failed(format!("{what}: {}", output.words()))),
        }
    }

    /// Runs a command of the server's owner that has to go well; one that does not end has not.
    pub(crate) async fn owners(&mut self, ctx: &Context, text: &str) -> Result<(), Hitch> {
        match self.sh(ctx, script::command(text)).await {
            Ok(output) if output.succeeded() => Ok(()),
            Ok(output) => Err(Hitch::failed(format!("`{text}` failed: {}", output.words()))),
            Err(Hitch::Lost(RemoteError::TimedOut(within))) => {
                Err(Hitch::failed(format!("`{text}` did not end within {} s", within.as_secs())))
            }
            Err(other) => Err(other),
        }
    }

    /// Records that a step is done, and keeps the lease for the next.
    pub(crate) async fn done(&mut self, ctx: &Context, step: &str, found: Option<String>) -> Result<Course, Hitch> {
        let now = ctx.clock.now();
        self.operation.value.complete_with(step, found, now);
        self.record(ctx).await?;
        Ok(Course::On)
    }

    /// Writes operation and run, and keeps the lease.
    pub(crate) async fn record(&mut self, ctx: &Context) -> Result<(), Stop> {
        let until = ctx.clock.now().checked_add(LEASE).map_err(|e| Error::Internal(e.to_string()))?;
        self.operation.value.keep_lease(until);
        self.write(ctx).await
    }

    /// Gives the operation back until a pause is over.
    pub(crate) async fn pause(&mut self, ctx: &Context, pause: Duration, why: Option<String>) -> Result<(), Stop> {
        self.operation.value.pause(pause, why, ctx.clock.now());
        self.write(ctx).await
    }

    async fn write(&mut self, ctx: &Context) -> Result<(), Stop> {
        self.run.value.steps = self.operation.value.steps.clone();
        ctx.store.transact(vec![self.operation.update()?, self.run.update()?]).await?;
        self.operation.written();
        self.run.written();
        Ok(())
    }

    /// Ends the run.
    pub(crate) async fn end(&mut self, ctx: &Context, outcome: Outcome, try_again: bool) -> Result<Course, Stop> {
        let name = format!("{} on {}", self.certificate.domain, self.server.name);
        let (target, word) = (format!("deployment {}: {name}", self.deployment.value.id), outcome.as_str());
        let ending = Ending { outcome, try_again, name };
        deployments::end(ctx, &mut self.deployment, &mut self.run, &mut self.operation, ending).await?;
        if let Err(error) = audit::record_system(ctx, "deployment.run", target, word).await {
            tracing::error!(%error, "a run of a deployment is not in the audit trail");
        }
        Ok(Course::Ended)
    }
}
