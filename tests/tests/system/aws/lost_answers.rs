use domain::counter::{COUNT, COUNTERS};
use domain::ports::{Expect, Item, Key, Store, StoreError, Write};
use domain::users::USERS;
use serde_json::json;
use std::sync::Arc;
use system::SystemEntropy;
use system_tests::aws::{Calls, Emulator};
use system_tests::peers::Deaf;

/// A store whose next answer is lost: the call is done, and nobody hears of it.
struct Lossy {
    _emulator: Emulator,
    deaf: Deaf,
    calls: Arc<Calls>,
    store: Arc<aws::AwsStore>,
}

impl Lossy {
    /// `None` where no emulator is installed, or it is not this test's own.
    async fn start() -> Option<Self> {
        let emulator = Emulator::start().await?;
        let deaf = Deaf::before(emulator.ministack()?.address()).await;
        let mut settings = emulator.settings();
        settings.endpoint = Some(format!("http://{}", deaf.address()));
        let calls = Arc::new(Calls::default());
        let aws = aws::Aws::new(settings, Arc::new(SystemEntropy)).unwrap().observed(Arc::clone(&calls) as _);
        Some(Self { _emulator: emulator, deaf, calls, store: aws.store() })
    }

    /// Writes, losing the first answer.
    async fn write(&self, write: Write) -> Result<(), StoreError> {
        self.calls.take();
        self.deaf.lose_one();
        let result = self.store.write(write).await;
        assert_eq!(self.calls.take().len(), 2, "the call was made again");
        result
    }
}

fn put(text: &str, rev: u64, expect: Expect) -> Write {
    let item: Item = json!({"id": 1, "text": text, "rev": rev}).as_object().unwrap().clone();
    Write::Put { table: &USERS, item, expect }
}

/// A put that expects something is not refused because of itself, and another's still is.
#[tokio::test(flavor = "multi_thread")]
async fn a_put_is_not_refused_because_of_itself() {
    let Some(lossy) = Lossy::start().await else { return };
    lossy.write(put("mine", 1, Expect::Absent)).await.unwrap();
    lossy.write(put("mine", 2, Expect::Rev(1))).await.unwrap();
    for write in [put("other", 1, Expect::Absent), put("other", 2, Expect::Rev(1))] {
        let result = lossy.write(write).await;
        assert!(matches!(result, Err(StoreError::Unexpected { index: 0 })), "{result:?}");
    }
    // Without a lost answer the same item is refused like any other.
    let result = lossy.store.write(put("mine", 2, Expect::Absent)).await;
    assert!(matches!(result, Err(StoreError::Unexpected { index: 0 })), "{result:?}");
}

/// What adds, and what deletes one revision, is done once and answered so.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_a_transaction_is_done_once() {
    let Some(lossy) = Lossy::start().await else { return };
    let add = || Write::Add { table: &COUNTERS, key: Key::of("a"), attribute: COUNT, by: 5, at_most: Some(0) };
    lossy.write(add()).await.unwrap();
    assert_eq!(lossy.store.get(&COUNTERS, Key::of("a")).await.unwrap().unwrap()[COUNT], 5);
    lossy.store.write(put("mine", 1, Expect::Absent)).await.unwrap();
    lossy.write(Write::Delete { table: &USERS, key: Key::of(1), expect: Expect::Rev(1) }).await.unwrap();
    lossy.calls.take();
    lossy.deaf.lose_one();
    lossy
        .store
        .transact(vec![
            put("mine", 1, Expect::Absent),
            Write::Add { table: &COUNTERS, key: Key::of("a"), attribute: COUNT, by: 1, at_most: Some(5) },
        ])
        .await
        .unwrap();
    assert_eq!(lossy.calls.take().len(), 2, "the call was made again");
    assert_eq!(lossy.store.get(&COUNTERS, Key::of("a")).await.unwrap().unwrap()[COUNT], 6);
}
