//! The `Queue` port on SQS.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use domain::ids::UserId;
use domain::jobs::Job;
use domain::ports::{Delivery, Queue, QueueError, QueueName};
use tokio::sync::OnceCell;

use crate::connection::Connection;
use crate::deployment::{dead_letters_of, queue_name};
use crate::fault::{code, words};

/// The longest delay that SQS knows, in seconds.
const LONGEST_DELAY: i32 = 900;

/// The longest that SQS hides a message, in seconds.
const LONGEST_HIDDEN: i32 = 12 * 60 * 60;

/// The most messages of one call.
const MOST_AT_ONCE: i32 = 10;

/// How long jobs and dead letters are hidden while all of a queue is listed, in seconds; they are shown again right
/// after. The longest that this may take is that a delayed job comes up; were one shown before the last is read, the
/// rest would be left out.
const LISTED: i32 = 2 * LONGEST_DELAY;

/// Between two looks at a queue. To wait for a message means to take it, which is not for [`Queue::ready`].
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Jobs in SQS.
#[derive(Debug)]
pub struct AwsQueue {
    connection: Arc<Connection>,
    /// One for each of [`QueueName::ALL`].
    urls: [OnceCell<String>; QueueName::ALL.len()],
}

impl AwsQueue {
    pub(crate) fn new(connection: Arc<Connection>) -> Self {
        Self { connection, urls: Default::default() }
    }

    async fn url(&self, queue: QueueName) -> Result<&str, QueueError> {
        if let Some(url) = self.connection.settings().queue_urls.get(&queue) {
            return Ok(url);
        }
        let [issuer, deployer, prober, auditor, notifier] = &self.urls;
        let cell = match queue {
            QueueName::Issuer => issuer,
            QueueName::Deployer => deployer,
            QueueName::Auditor => auditor,
            QueueName::Prober => prober,
            QueueName::Notifier => notifier,
        };
        let asked = cell.get_or_try_init(|| async {
            let name = queue_name(self.connection.stack(), queue);
            let answer = self.connection.sqs().get_queue_url().queue_name(&name).send().await;
            let answer = answer.map_err(|error| QueueError(format!("{name}: {}", words(&error))))?;
            answer.queue_url.ok_or_else(|| QueueError(format!("{name} has no URL")))
        });
        asked.await.map(String::as_str)
    }

    /// Sends a job in the message group of its owner: SQS gives out first what belongs to owners who have few jobs at
    /// work (fair queues).
    async fn put(&self, queue: QueueName, owner: Option<UserId>, job: &Job, delay: Duration) -> Result<(), QueueError> {
        let body = serde_json::to_string(job).map_err(|e| QueueError(format!("a job cannot be sent: {e}")))?;
        let request = self.connection.sqs().send_message().queue_url(self.url(queue).await?).message_body(body);
        let request = request.delay_seconds(seconds(delay, LONGEST_DELAY));
        let request = request.set_message_group_id(owner.map(|owner| owner.to_string()));
        request.send().await.map(drop).map_err(|error| QueueError(words(&error)))
    }

    async fn take(&self, url: &str, max: i32, hidden: i32, wait: i32) -> Result<Vec<Message>, QueueError> {
        let request = self
            .connection
            .sqs()
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(max.clamp(1, MOST_AT_ONCE))
            .visibility_timeout(hidden)
            .wait_time_seconds(wait)
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .message_system_attribute_names(MessageSystemAttributeName::MessageGroupId);
        let answer = request.send().await.map_err(|error| QueueError(words(&error)))?;
        Ok(answer.messages.unwrap_or_default())
    }

    /// How many jobs are hidden or delayed.
    async fn out_of_sight(&self, url: &str) -> Result<usize, QueueError> {
        let counts = [
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ];
        let request = self.connection.sqs().get_queue_attributes().queue_url(url);
        let answer = request.set_attribute_names(Some(counts.to_vec())).send().await;
        let attributes = answer.map_err(|error| QueueError(words(&error)))?.attributes.unwrap_or_default();
        Ok(counts.iter().filter_map(|count| attributes.get(count)?.parse::<usize>().ok()).sum())
    }

    /// Takes every job there is, also those that come up meanwhile.
    async fn take_all(&self, url: &str, messages: &mut BTreeMap<String, Message>) -> Result<(), QueueError> {
        let start = Instant::now();
        loop {
            // Without a wait SQS asks some of its servers only.
            let taken = self.take(url, MOST_AT_ONCE, LISTED, 1).await?;
            let some = !taken.is_empty();
            messages.extend(taken.into_iter().filter_map(|message| Some((message.message_id.clone()?, message))));
            if some {
                continue;
            }
            let left = self.out_of_sight(url).await?.saturating_sub(messages.len());
            if left == 0 {
                return Ok(());
            }
            if start.elapsed().as_secs() > LONGEST_DELAY.unsigned_abs().into() {
                return Err(QueueError(format!("{left} jobs stay hidden; stop whoever works on the queue")));
            }
            tracing::info!(jobs = left, "waiting for jobs that are hidden or delayed");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn show_again(&self, url: &str, message: &Message) -> Result<(), QueueError> {
        let request = self.connection.sqs().change_message_visibility().queue_url(url).visibility_timeout(0);
        let request = request.set_receipt_handle(message.receipt_handle.clone());
        request.send().await.map(drop).map_err(|error| QueueError(words(&error)))
    }
}

#[async_trait]
impl Queue for AwsQueue {
    async fn send(&self, queue: QueueName, job: &Job, delay: Duration) -> Result<(), QueueError> {
        self.put(queue, None, job, delay).await
    }

    async fn send_for(&self, owner: UserId, queue: QueueName, job: &Job, delay: Duration) -> Result<(), QueueError> {
        self.put(queue, Some(owner), job, delay).await
    }

    async fn receive(&self, queue: QueueName, max: usize, visibility: Duration) -> Result<Vec<Delivery>, QueueError> {
        let max = i32::try_from(max).unwrap_or(MOST_AT_ONCE);
        let url = self.url(queue).await?;
        let messages = self.take(url, max, seconds(visibility, LONGEST_HIDDEN), 0).await?;
        Ok(messages.into_iter().filter_map(|message| deliver(queue, message)).collect())
    }

    async fn delete(&self, queue: QueueName, receipt: &str) -> Result<(), QueueError> {
        let request = self.connection.sqs().delete_message().queue_url(self.url(queue).await?).receipt_handle(receipt);
        match request.send().await {
            // It was delivered anew since, or deleted.
            Err(error) if code(&error).is_some_and(|code| code.ends_with("ReceiptHandleIsInvalid")) => Ok(()),
            result => result.map(drop).map_err(|error| QueueError(words(&error))),
        }
    }

    async fn waiting(&self, queue: QueueName) -> Result<Vec<Job>, QueueError> {
        let url = self.url(queue).await?;
        let mut messages = BTreeMap::new();
        let found = self.take_all(url, &mut messages).await;
        for message in messages.values() {
            self.show_again(url, message).await?;
        }
        found?;
        Ok(messages.into_values().filter_map(|message| job(queue, message.body.as_deref()?)).collect())
    }

    async fn dead_letters(&self, queue: QueueName, max: usize) -> Result<Vec<Job>, QueueError> {
        let url = dead_letters_of(self.url(queue).await?);
        let max = i32::try_from(max).unwrap_or(i32::MAX);
        let mut messages = BTreeMap::new();
        let found = loop {
            let left = max.saturating_sub(i32::try_from(messages.len()).unwrap_or(i32::MAX));
            if left <= 0 {
                break Ok(());
            }
            // Without a wait SQS asks some of its servers only.
            match self.take(&url, left, LISTED, 1).await {
                Ok(taken) => {
                    let known = messages.len();
                    messages
                        .extend(taken.into_iter().filter_map(|message| Some((message.message_id.clone()?, message))));
                    // Nothing, or what SQS delivers twice.
                    if messages.len() == known {
                        break Ok(());
                    }
                }
                Err(error) => break Err(error),
            }
        };
        for message in messages.values() {
            self.show_again(&url, message).await?;
        }
        found?;
        Ok(messages.into_values().filter_map(|message| job(queue, message.body.as_deref()?)).collect())
    }

    async fn ready(&self, _queue: QueueName) {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// A message that cannot be read, perhaps a newer Steward's, stays hidden and becomes a dead letter in the end.
fn deliver(queue: QueueName, message: Message) -> Option<Delivery> {
    let job = job(queue, message.body.as_deref()?)?;
    let attributes = message.attributes?;
    let receives = attributes.get(&MessageSystemAttributeName::ApproximateReceiveCount)?.parse().ok()?;
    let owner = attributes.get(&MessageSystemAttributeName::MessageGroupId).and_then(|group| group.parse().ok());
    Some(Delivery { job, owner: owner.map(UserId), receives, receipt: message.receipt_handle? })
}

fn job(queue: QueueName, body: &str) -> Option<Job> {
    serde_json::from_str(body)
        .inspect_err(|error| tracing::error!(queue = queue.as_str(), %error, "a job cannot be read"))
        .ok()
}

/// Whole seconds, rounded up.
fn seconds(duration: Duration, longest: i32) -> i32 {
    let seconds = duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0));
    i32::try_from(seconds).map_or(longest, |seconds| seconds.min(longest))
}
