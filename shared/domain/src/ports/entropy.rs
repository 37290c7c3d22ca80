use std::fmt;

/// Randomness fit for keys, read in one place only.
pub trait Entropy: Send + Sync + fmt::Debug {
    /// Fills the buffer with random bytes.
    fn fill(&self, buffer: &mut [u8]);
}

/// Random values made of [`Entropy`].
pub trait EntropyExt: Entropy {
    /// `N` random bytes.
    fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut buffer = [0; N];
        self.fill(&mut buffer);
        buffer
    }

    /// `N` random bytes in hex: twice `N` characters.
    fn hex<const N: usize>(&self) -> String {
        hex::encode(self.bytes::<N>())
    }
}

impl<E: Entropy + ?Sized> EntropyExt for E {}
