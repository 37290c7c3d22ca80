use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A bounded map that forgets what was not used for longest.
pub(crate) struct Recent<K, V> {
    capacity: usize,
    entries: Mutex<VecDeque<(K, V)>>,
}

impl<K: PartialEq, V> Recent<K, V> {
    /// At most `capacity` entries.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, entries: Mutex::default() }
    }

    /// Takes an entry out.
    pub(crate) fn take(&self, key: &K) -> Option<V> {
        let mut entries = self.lock();
        let at = entries.iter().position(|(known, _)| known == key)?;
        entries.remove(at).map(|(_, value)| value)
    }

    /// Puts an entry in, in place of one of the same key.
    pub(crate) fn put(&self, key: K, value: V) {
        let mut entries = self.lock();
        entries.retain(|(known, _)| *known != key);
        if entries.len() >= self.capacity {
            entries.pop_front();
        }
        entries.push_back((key, value));
    }

    /// A copy of an entry, which counts as a use.
    pub(crate) fn get(&self, key: &K) -> Option<V>
    where
        V: Clone,
    {
        let mut entries = self.lock();
        let at = entries.iter().position(|(known, _)| known == key)?;
        let entry = entries.remove(at)?;
        let value = entry.1.clone();
        entries.push_back(entry);
        Some(value)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(K, V)>> {
        // Every change above leaves the entries whole, so a panic elsewhere spoils nothing.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_what_was_not_used_for_longest() {
        let recent = Recent::new(2);
        recent.put(1, "one");
        recent.put(2, "two");
        assert_eq!(recent.get(&1), Some("one"));
        recent.put(3, "three");
        assert_eq!((recent.get(&1), recent.get(&2), recent.get(&3)), (Some("one"), None, Some("three")));
        recent.put(3, "new");
        assert_eq!((recent.take(&3), recent.take(&3)), (Some("new"), None));
    }
}
