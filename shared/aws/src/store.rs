//! The `Store` port on DynamoDB.
//!
//! The SDK sends a call again when its answer is lost, though it may have been done. That does no harm:
//! - a transaction carries a token, the same on every attempt, and DynamoDB does it once (within ten minutes);
//! - `Write::Add`, and a delete that expects something, are transactions for that reason, at twice the price;
//! - a put that expects something is compared with what is stored, when a repeated attempt is refused: it was this
//!   put if they are equal. If somebody has changed the item in between, the put is reported as refused;
//! - `increment` may leave numbers out.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::put_item::{PutItemError, PutItemOutput};
use aws_sdk_dynamodb::types::{KeysAndAttributes, Put, ReturnValue, ReturnValuesOnConditionCheckFailure};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use domain::ports::{Entropy, EntropyExt, Item, Key, Page, PageToken, Query, Store, StoreError, Table, Write};
use dynamo::{collect, distinct, from_attributes, from_token, key_attributes, to_token};

use crate::connection::Connection;
use crate::deployment::table_name;
use crate::fault::{Refusal, cancelled, refused};
use crate::observer::Attempts;
use crate::values::{Attributes, Sdk};
use crate::writes::{self, Single};

/// How often a write is tried that another transaction is in the way of. The SDK does not.
const TRIES: u32 = 6;

/// The longest pause after the first try; each next one may be twice as long.
const PAUSE: Duration = Duration::from_millis(30);

/// How many answers to a batch in a row may bring nothing.
const EMPTY_ANSWERS: u32 = 5;

/// Entities in DynamoDB.
#[derive(Clone, Debug)]
pub struct AwsStore {
    connection: Arc<Connection>,
    entropy: Arc<dyn Entropy>,
}

impl AwsStore {
    pub(crate) fn new(connection: Arc<Connection>, entropy: Arc<dyn Entropy>) -> Self {
        Self { connection, entropy }
    }

    fn name(&self, table: &Table) -> String {
        table_name(self.connection.stack(), table)
    }

    fn client(&self) -> &aws_sdk_dynamodb::Client {
        self.connection.dynamodb()
    }

    /// Does it again while another transaction is in the way: two writers of one item are in each other's way for
    /// milliseconds, and totals are written with every row.
    async fn patiently<T, C>(&self, mut call: impl FnMut() -> C + Send) -> Result<T, StoreError>
    where
        T: Send,
        C: Future<Output = Result<T, Refusal>> + Send,
    {
        let mut tried = 1;
        loop {
            match call().await {
                Err(Refusal::Conflict(_)) if tried < TRIES => self.pause(tried).await,
                result => return result.map_err(StoreError::from),
            }
            tried += 1;
        }
    }

    /// Waits a random while, longer after each try.
    async fn pause(&self, tried: u32) {
        let [share] = self.entropy.bytes::<1>();
        tokio::time::sleep(PAUSE * 2_u32.pow(tried.min(TRIES) - 1) * (u32::from(share) + 1) / 256).await;
    }

    async fn put(&self, put: &Put, attempts: &Attempts) -> Result<(), Refusal> {
        let request = self
            .client()
            .put_item()
            .table_name(&put.table_name)
            .set_item(Some(put.item.clone()))
            .set_condition_expression(put.condition_expression.clone())
            .set_expression_attribute_names(put.expression_attribute_names.clone())
            .set_expression_attribute_values(put.expression_attribute_values.clone())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let result = request.customize().interceptor(attempts.clone()).send().await;
        was_put(result, put, attempts)
    }

    async fn transactions(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        let items = writes.into_iter().map(|write| writes::transactional(write, |table| self.name(table)));
        let items: Vec<_> = items.collect::<Result<_, _>>()?;
        let request = self.client().transact_write_items().set_transact_items(Some(items));
        self.patiently(|| {
            let call = request.clone().send();
            async { call.await.map(drop).map_err(|error| cancelled(&error)) }
        })
        .await
    }

    fn batch(&self, keys: &[(&'static Table, Key)]) -> Result<HashMap<String, KeysAndAttributes>, StoreError> {
        let wanted = |keys| KeysAndAttributes::builder().consistent_read(true).set_keys(Some(keys)).build();
        let batch = distinct::<Sdk>(keys, |table| self.name(table))?.into_iter();
        batch.map(|(name, keys)| Ok((name, wanted(keys).map_err(writes::incomplete)?))).collect()
    }
}

#[async_trait]
impl Store for AwsStore {
    async fn get(&self, table: &'static Table, key: Key) -> Result<Option<Item>, StoreError> {
        let request = self.client().get_item().table_name(self.name(table)).consistent_read(true);
        let answer = request.set_key(Some(key_attributes::<Sdk>(table, key)?)).send().await;
        answer.map_err(|error| refused(&error))?.item.map(from_attributes::<Sdk>).transpose()
    }

    async fn get_many(&self, keys: Vec<(&'static Table, Key)>) -> Result<Vec<Option<Item>>, StoreError> {
        let mut rest = self.batch(&keys)?;
        let mut found = HashMap::new();
        let mut empty = 0;
        while !rest.is_empty() {
            let answer = self.client().batch_get_item().set_request_items(Some(rest)).send().await;
            let answer = answer.map_err(|error| refused(&error))?;
            rest = answer.unprocessed_keys.unwrap_or_default();
            let before = found.len();
            let responses = answer.responses.unwrap_or_default();
            collect::<Sdk>(&keys, |table| self.name(table), responses, &mut found)?;
            if !rest.is_empty() && found.len() == before {
                empty += 1;
                if empty == EMPTY_ANSWERS {
                    return Err(StoreError::Busy("a batch is answered with nothing".into()));
                }
                self.pause(empty).await;
            }
        }
        Ok(keys.into_iter().map(|(table, key)| found.get(&(table.name, key)).cloned()).collect())
    }

    async fn query(&self, query: Query) -> Result<Page, StoreError> {
        let read = dynamo::reading::<Sdk>(&query)?;
        let request = self
            .client()
            .query()
            .table_name(self.name(query.table))
            .set_index_name(query.index.map(str::to_owned))
            .key_condition_expression(read.condition)
            .set_filter_expression(read.filter)
            .set_expression_attribute_names(Some(read.names))
            .set_expression_attribute_values(Some(read.values))
            .scan_index_forward(!query.descending)
            .set_limit(query.limit.map(|limit| i32::try_from(limit).unwrap_or(i32::MAX)))
            .set_exclusive_start_key(query.after.as_ref().map(from_token::<Sdk>).transpose()?)
            // An index knows no other reads.
            .consistent_read(query.index.is_none());
        let answer = request.send().await.map_err(|error| refused(&error))?;
        page(answer.items, answer.last_evaluated_key)
    }

    async fn scan(&self, table: &'static Table, after: Option<PageToken>) -> Result<Page, StoreError> {
        let request = self
            .client()
            .scan()
            .table_name(self.name(table))
            .set_exclusive_start_key(after.as_ref().map(from_token::<Sdk>).transpose()?)
            .consistent_read(true);
        let answer = request.send().await.map_err(|error| refused(&error))?;
        page(answer.items, answer.last_evaluated_key)
    }

    async fn write(&self, write: Write) -> Result<(), StoreError> {
        match writes::single(write, |table| self.name(table))? {
            Single::Put(put) => {
                let attempts = Attempts::default();
                self.patiently(|| self.put(&put, &attempts)).await
            }
            Single::Delete(delete) => {
                let request = self.client().delete_item().table_name(delete.table_name).set_key(Some(delete.key));
                self.patiently(|| {
                    let call = request.clone().send();
                    async { call.await.map(drop).map_err(|error| refused(&error)) }
                })
                .await
            }
            Single::Transaction(write) => self.transactions(vec![write]).await,
        }
    }

    async fn transact(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        if writes.is_empty() {
            return Ok(());
        }
        self.transactions(writes).await
    }

    async fn increment(
        &self,
        table: &'static Table,
        key: Key,
        attribute: &'static str,
        by: i64,
    ) -> Result<i64, StoreError> {
        let update = writes::add(table, self.name(table), key, attribute, by, None)?;
        let request = self
            .client()
            .update_item()
            .table_name(update.table_name)
            .set_key(Some(update.key))
            .update_expression(update.update_expression)
            .set_expression_attribute_names(update.expression_attribute_names)
            .set_expression_attribute_values(update.expression_attribute_values)
            .return_values(ReturnValue::UpdatedNew);
        let call = || {
            let call = request.clone().send();
            async { call.await.map_err(|error| refused(&error)) }
        };
        let answer = self.patiently(call).await?;
        let item = answer.attributes.map(from_attributes::<Sdk>).transpose()?.unwrap_or_default();
        let value = item.get(attribute).and_then(serde_json::Value::as_i64);
        value.ok_or_else(|| StoreError::Failed(format!("adding to {attribute} gave no new value")))
    }
}

/// What became of a put. One that was refused after an attempt without an answer may be what is stored.
fn was_put(
    result: Result<PutItemOutput, SdkError<PutItemError, HttpResponse>>,
    put: &Put,
    attempts: &Attempts,
) -> Result<(), Refusal> {
    let Err(error) = result else { return Ok(()) };
    if let Some(PutItemError::ConditionalCheckFailedException(failed)) = error.as_service_error()
        && attempts.several()
        && failed.item() == Some(&put.item)
    {
        return Ok(());
    }
    Err(refused(&error))
}

fn page(items: Option<Vec<Attributes>>, last_key: Option<Attributes>) -> Result<Page, StoreError> {
    Ok(Page {
        items: items.unwrap_or_default().into_iter().map(from_attributes::<Sdk>).collect::<Result<_, _>>()?,
        next: last_key.map(to_token::<Sdk>).transpose()?,
    })
}
