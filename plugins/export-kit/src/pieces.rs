//! Gathers small writes into pieces: a call of the host for each would cost more than what it carries.

use std::io;

use veche_sdk::{Failure, Sink};

/// Bytes of one piece.
const PIECE: usize = 256 << 10;

/// A writer over the sink of a call. What the sink refuses is kept and told at the end.
pub struct Pieces<'a> {
    sink: &'a mut dyn Sink,
    buffer: Vec<u8>,
    refused: Option<Failure>,
    written: u64,
}

impl<'a> Pieces<'a> {
    /// Over a sink.
    pub fn new(sink: &'a mut dyn Sink) -> Self {
        Self { sink, buffer: Vec::with_capacity(PIECE), refused: None, written: 0 }
    }

    /// Bytes so far.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Room for at least a few more bytes; hands a full piece on.
    ///
    /// # Errors
    /// What the sink says.
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.written += bytes.len() as u64;
        let mut rest = bytes;
        while self.buffer.len() + rest.len() >= PIECE {
            let (now, later) = rest.split_at((PIECE - self.buffer.len()).min(rest.len()));
            self.buffer.extend_from_slice(now);
            self.hand_on()?;
            rest = later;
        }
        self.buffer.extend_from_slice(rest);
        Ok(())
    }

    fn hand_on(&mut self) -> Result<(), Failure> {
        if !self.buffer.is_empty() {
            self.sink.write(&self.buffer)?;
            self.buffer.clear();
        }
        Ok(())
    }

    /// Hands on what is left.
    ///
    /// # Errors
    /// What the sink said first.
    pub fn finish(mut self) -> Result<u64, Failure> {
        if let Some(refused) = self.refused.take() {
            return Err(refused);
        }
        self.hand_on()?;
        Ok(self.written)
    }

    /// What the sink said, where a writer above could only say that something failed.
    pub fn failure(&mut self, error: &io::Error) -> Failure {
        self.refused.take().unwrap_or_else(|| Failure::new(error.to_string()))
    }
}

impl io::Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.put(bytes) {
            Ok(()) => Ok(bytes.len()),
            Err(failure) => {
                let error = io::Error::other(failure.message.clone());
                self.refused.get_or_insert(failure);
                Err(error)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
