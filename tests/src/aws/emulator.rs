use std::collections::{BTreeMap, HashMap};
use std::env;
use std::sync::Arc;

use aws::{Aws, Credentials, Settings};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection as Carried,
    ProjectionType, ScalarAttributeType, TableStatus, TimeToLiveSpecification,
};
use aws_sdk_scheduler::types::{FlexibleTimeWindow, FlexibleTimeWindowMode, Target};
use aws_sdk_sqs::types::QueueAttributeName;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use domain::operations::SWEEP_SCHEDULE;
use domain::ports::{Attribute, AttributeKind, EntropyExt, Index, Projection, Queue, QueueName, Table};
use secrecy::{ExposeSecret, SecretString};
use system::SystemEntropy;

use crate::peers::{Ministack, available};

/// The clients differ in their types only.
macro_rules! client {
    ($sdk:ident, $emulator:expr) => {{
        let settings = &$emulator.settings;
        let token = settings.credentials.session_token.as_ref().map(|token| token.expose_secret().to_owned());
        let credentials = $sdk::config::Credentials::new(
            &settings.credentials.access_key_id,
            settings.credentials.secret_access_key.expose_secret(),
            token,
            None,
            "test",
        );
        let mut config = $sdk::Config::builder()
            .behavior_version($sdk::config::BehaviorVersion::latest())
            .region($sdk::config::Region::new(settings.region.clone()))
            .http_client(http_client())
            .credentials_provider(credentials);
        config.set_endpoint_url(settings.endpoint.clone());
        $sdk::Client::from_conf(config.build())
    }};
}

/// Trusts what the system trusts.
fn http_client() -> aws_sdk_sqs::config::SharedHttpClient {
    aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https()
}

/// A deployment with a name of its own, with everything that the stack's template makes but the functions. It is in
/// a Ministack of its own, or where `AWS_ENDPOINT_URL` says: then `AWS_ACCESS_KEY_ID` and its like are those of the
/// environment, and what was made stays.
#[derive(Debug)]
pub struct Emulator {
    ministack: Option<Ministack>,
    settings: Settings,
}

impl Emulator {
    /// Makes the deployment; `None`, said aloud, where no emulator is installed.
    pub async fn start() -> Option<Self> {
        let given = env::var("AWS_ENDPOINT_URL").ok().filter(|url| !url.is_empty());
        let ministack = match &given {
            Some(_) => None,
            None if available(&[Ministack::PROGRAM]) => Some(Ministack::start().await),
            None => return None,
        };
        let endpoint = given.or_else(|| ministack.as_ref().map(Ministack::endpoint));
        let variable = |name: &str, otherwise: &str| {
            env::var(name).ok().filter(|_| ministack.is_none()).unwrap_or_else(|| otherwise.to_owned())
        };
        let settings = Settings {
            stack: format!("steward-test-{}", SystemEntropy.hex::<4>()),
            region: variable("AWS_REGION", "eu-central-1"),
            endpoint,
            credentials: Credentials {
                access_key_id: variable("AWS_ACCESS_KEY_ID", "test"),
                secret_access_key: variable("AWS_SECRET_ACCESS_KEY", "test").into(),
                session_token: env::var("AWS_SESSION_TOKEN")
                    .ok()
                    .filter(|_| ministack.is_none())
                    .map(SecretString::from),
            },
            queue_urls: HashMap::new(),
            scheduler_role: Some(variable("STEWARD_SCHEDULER_ROLE", "arn:aws:iam::000000000000:role/scheduler")),
            roots_pem: None,
        };
        let mut emulator = Self { ministack, settings };
        for table in aws::tables() {
            emulator.make_table(table).await;
        }
        for queue in QueueName::ALL {
            let url = emulator.make_queue(queue).await;
            emulator.settings.queue_urls.insert(queue, url);
        }
        emulator.make_secret().await;
        emulator.make_schedule_group().await;
        Some(emulator)
    }

    /// How to reach it.
    pub fn settings(&self) -> Settings {
        self.settings.clone()
    }

    /// Its adapters.
    pub fn aws(&self) -> Aws {
        Aws::new(self.settings(), Arc::new(SystemEntropy)).unwrap()
    }

    /// The Ministack it is in, where it has one.
    pub fn ministack(&self) -> Option<&Ministack> {
        self.ministack.as_ref()
    }

    /// A client for what the ports do not have.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        client!(aws_sdk_dynamodb, self)
    }

    /// A client for what the ports do not have.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        client!(aws_sdk_sqs, self)
    }

    /// A client for what the ports do not have.
    pub fn secrets_manager(&self) -> aws_sdk_secretsmanager::Client {
        client!(aws_sdk_secretsmanager, self)
    }

    /// A client for what the ports do not have.
    pub fn scheduler(&self) -> aws_sdk_scheduler::Client {
        client!(aws_sdk_scheduler, self)
    }

    /// The stack's own schedule, which fires every five minutes: not for tests that need the queue to themselves.
    pub async fn make_sweep(&self) {
        let url = &self.settings.queue_urls[&QueueName::Issuer];
        let arn = self.sqs().get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::QueueArn);
        let arn = arn.send().await.unwrap().attributes.unwrap().remove(&QueueAttributeName::QueueArn).unwrap();
        let role = self.settings.scheduler_role.as_deref().unwrap_or_default();
        let target = Target::builder().arn(arn).role_arn(role).input(r#"{"job":"sweep"}"#).build().unwrap();
        let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build().unwrap();
        let made = self.scheduler().create_schedule().group_name(&self.settings.stack).name(SWEEP_SCHEDULE);
        let made = made.schedule_expression("rate(5 minutes)").flexible_time_window(window).target(target);
        made.send().await.unwrap();
    }

    async fn make_table(&self, table: &Table) {
        let name = format!("{}-{}", self.settings.stack, table.name);
        let mut attributes = BTreeMap::new();
        let keys = [Some(table.partition), table.sort].into_iter().flatten();
        let of_indexes = table.indexes.iter().flat_map(|index| [index.partition, index.sort]);
        for attribute in keys.chain(of_indexes) {
            attributes.insert(attribute.name, attribute.kind);
        }
        let indexes: Vec<_> = table.indexes.iter().map(index).collect();
        let client = self.dynamodb();
        client
            .create_table()
            .table_name(&name)
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(Some(key_schema(table.partition, table.sort)))
            .set_attribute_definitions(Some(attributes.into_iter().map(definition).collect()))
            .set_global_secondary_indexes((!indexes.is_empty()).then_some(indexes))
            .send()
            .await
            .unwrap();
        let active = async || {
            let found = client.describe_table().table_name(&name).send().await.unwrap();
            found.table.and_then(|table| table.table_status) == Some(TableStatus::Active)
        };
        while !active().await {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        if let Some(attribute) = table.ttl {
            let ttl = TimeToLiveSpecification::builder().attribute_name(attribute).enabled(true).build().unwrap();
            client.update_time_to_live().table_name(&name).time_to_live_specification(ttl).send().await.unwrap();
        }
    }

    /// With its dead-letter queue; gives its URL.
    async fn make_queue(&self, queue: QueueName) -> String {
        let name = format!("{}-{}", self.settings.stack, queue.as_str());
        let client = self.sqs();
        let dead = client.create_queue().queue_name(format!("{name}-dead")).send().await.unwrap().queue_url.unwrap();
        let arn = client.get_queue_attributes().queue_url(dead).attribute_names(QueueAttributeName::QueueArn);
        let arn = arn.send().await.unwrap().attributes.unwrap().remove(&QueueAttributeName::QueueArn).unwrap();
        let redrive = serde_json::json!({"deadLetterTargetArn": arn, "maxReceiveCount": <dyn Queue>::MAX_RECEIVES});
        let made =
            client.create_queue().queue_name(name).attributes(QueueAttributeName::RedrivePolicy, redrive.to_string());
        made.send().await.unwrap().queue_url.unwrap()
    }

    /// What `GenerateSecretString` makes in the template.
    async fn make_secret(&self) {
        let made = self.secrets_manager().create_secret().name(format!("{}/vault-key", self.settings.stack));
        made.secret_string(SystemEntropy.hex::<32>()).send().await.unwrap();
    }

    async fn make_schedule_group(&self) {
        self.scheduler().create_schedule_group().name(&self.settings.stack).send().await.unwrap();
    }
}

fn key_schema(partition: Attribute, sort: Option<Attribute>) -> Vec<KeySchemaElement> {
    let element = |attribute: Attribute, kind| {
        KeySchemaElement::builder().attribute_name(attribute.name).key_type(kind).build().unwrap()
    };
    let sort = sort.map(|sort| element(sort, KeyType::Range));
    [Some(element(partition, KeyType::Hash)), sort].into_iter().flatten().collect()
}

fn definition((name, kind): (&str, AttributeKind)) -> AttributeDefinition {
    let kind = match kind {
        AttributeKind::Text => ScalarAttributeType::S,
        AttributeKind::Number => ScalarAttributeType::N,
    };
    AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().unwrap()
}

fn index(index: &Index) -> GlobalSecondaryIndex {
    let carried = match index.projection {
        Projection::All => Carried::builder().projection_type(ProjectionType::All),
        Projection::Include([]) => Carried::builder().projection_type(ProjectionType::KeysOnly),
        Projection::Include(names) => Carried::builder()
            .projection_type(ProjectionType::Include)
            .set_non_key_attributes(Some(names.iter().map(|name| (*name).to_owned()).collect())),
    };
    GlobalSecondaryIndex::builder()
        .index_name(index.name)
        .set_key_schema(Some(key_schema(index.partition, Some(index.sort))))
        .projection(carried.build())
        .build()
        .unwrap()
}
