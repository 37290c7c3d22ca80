//! The one place where a certificate changes its state.

use std::time::Duration;

use jiff::Timestamp;

use super::{Attempt, Certificate, Issued, Order, Renewal, State, Status, Watch};
use crate::ids::OperationId;
use crate::{Error, Result};

impl Certificate {
    /// The operation that works on it now: on the first order, or on a renewal.
    pub fn operation(&self) -> Option<OperationId> {
        match self.state {
            State::Verifying { operation } | State::Issuing { operation } => Some(operation),
            State::Issued(_) => self.renewal.as_ref().and_then(Renewal::operation),
            State::Unissued | State::Failed { .. } | State::Revoked { .. } => None,
        }
    }

    /// Its status at a time.
    pub fn status(&self, now: Timestamp) -> Status {
        match &self.state {
            State::Unissued => Status::Unissued,
            State::Verifying { .. } => Status::Verifying,
            State::Issuing { .. } => Status::Issuing,
            State::Issued(issued) if issued.valid_to <= now => Status::Expired,
            State::Issued(_) => Status::Issued,
            State::Failed { .. } => Status::Failed,
            State::Revoked { .. } => Status::Revoked,
        }
    }

    /// `unissued | failed → verifying`; of a renewal `idle | awaiting records → verifying`.
    pub fn start_verifying(&mut self, operation: OperationId, now: Timestamp) -> Result<()> {
        match (&self.state, &mut self.renewal) {
            (State::Unissued | State::Failed { .. }, _) => self.become_(State::Verifying { operation }, now),
            (State::Issued(_), Some(renewal)) if renewal.operation().is_none() => {
                renewal.attempt = Attempt::Verifying { operation };
                self.updated_at = now;
                Ok(())
            }
            _ => self.refuse("verify"),
        }
    }

    /// `verifying`, with the order that its operation has made.
    pub fn ordered(&mut self, operation: OperationId, order: Order, now: Timestamp) -> Result<()> {
        if self.operation() != Some(operation) {
            return self.refuse("order");
        }
        (self.order, self.updated_at) = (Some(order), now);
        Ok(())
    }

    /// `unissued | failed → unissued`, of a renewal `idle | awaiting records → awaiting records`: with a new order.
    pub fn await_records(&mut self, order: Order, now: Timestamp) -> Result<()> {
        match (&self.state, &mut self.renewal) {
            (State::Unissued | State::Failed { .. }, _) => self.become_(State::Unissued, now)?,
            (State::Issued(_), Some(renewal)) if renewal.operation().is_none() => {
                renewal.attempt = Attempt::AwaitingRecords;
                renewal.retry_at = None;
                self.updated_at = now;
            }
            _ => return self.refuse("order again"),
        }
        self.order = Some(Order { watch: Some(Watch::since(now)), ..order });
        Ok(())
    }

    /// `verifying → issuing`, by the operation that verifies.
    pub fn start_issuing(&mut self, operation: OperationId, now: Timestamp) -> Result<()> {
        if self.operation() != Some(operation) {
            return self.refuse("issue");
        }
        if let Some(order) = &mut self.order {
            order.proven = true;
        }
        match &mut self.renewal {
            Some(renewal) if matches!(self.state, State::Issued(_)) => {
                renewal.attempt = Attempt::Issuing { operation };
                self.updated_at = now;
                Ok(())
            }
            _ => self.become_(State::Issuing { operation }, now),
        }
    }

    /// `issuing → issued`, by the operation that issues: the next version, with a plan for its own renewal.
    pub fn finish(&mut self, operation: OperationId, issued: Issued, now: Timestamp) -> Result<()> {
        let issuing = match (&self.state, &self.renewal) {
            (State::Issuing { operation }, _) => Some(*operation),
            (State::Issued(_), Some(Renewal { attempt: Attempt::Issuing { operation }, .. })) => Some(*operation),
            _ => None,
        };
        if issuing != Some(operation) {
            return self.refuse("finish");
        }
        self.version = self.next_version();
        self.renewal = Some(Renewal::of(self.id, &issued, self.account, now));
        self.become_(State::Issued(issued), now)
    }

    /// `verifying | issuing → failed`, by the operation at work; a renewal is tried again later.
    pub fn fail(&mut self, operation: OperationId, reason: &str, now: Timestamp) -> Result<()> {
        if self.operation() != Some(operation) {
            return self.refuse("fail");
        }
        match &mut self.renewal {
            Some(renewal) if matches!(self.state, State::Issued(_)) => {
                renewal.failed(reason, now);
                self.updated_at = now;
                Ok(())
            }
            _ => self.become_(State::Failed { reason: reason.to_owned() }, now),
        }
    }

    /// `verifying → idle` of a renewal whose CA asks to wait: it is ordered after that time.
    pub fn put_off(&mut self, operation: OperationId, reason: &str, wait: Duration, now: Timestamp) -> Result<()> {
        match &mut self.renewal {
            Some(renewal) if matches!(self.state, State::Issued(_)) && renewal.operation() == Some(operation) => {
                renewal.put_off(reason, wait, now);
                self.updated_at = now;
                Ok(())
            }
            _ => self.refuse("put off"),
        }
    }

    /// `issued → revoked`. A renewal under way comes to nothing.
    pub fn mark_revoked(&mut self, now: Timestamp) -> Result<()> {
        match &self.state {
            State::Issued(issued) => {
                let issued = issued.clone();
                self.renewal = None;
                self.become_(State::Revoked { issued, at: now }, now)
            }
            _ => self.refuse("revoke"),
        }
    }

    fn become_(&mut self, state: State, now: Timestamp) -> Result<()> {
        (self.state, self.updated_at) = (state, now);
        Ok(())
    }

    fn refuse(&self, verb: &str) -> Result<()> {
        let status = match self.state {
            State::Unissued => "unissued",
            State::Verifying { .. } => "being verified",
            State::Issuing { .. } => "being issued",
            State::Issued(_) if self.operation().is_some() => "being renewed",
            State::Issued(_) => "issued already",
            State::Failed { .. } => "failed",
            State::Revoked { .. } => "revoked",
        };
        Err(Error::Conflict(format!("cannot {verb} certificate {}: it is {status}", self.id)))
    }
}
