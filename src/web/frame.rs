//! gRPC's framing: each message is led by a byte that says whether it is compressed, and by its
//! length in four bytes.

use bytes::{Buf, BufMut, Bytes, BytesMut};

const HEAD_BYTES: usize = 5;

/// Puts a message into a frame.
pub(super) fn wrap(message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).expect("limited to some MiB when it was read");
    let mut frame = BytesMut::with_capacity(HEAD_BYTES + message.len());
    frame.put_u8(0);
    frame.put_u32(length);
    frame.put_slice(message);
    frame.freeze()
}

/// Takes frames out of what comes in pieces.
#[derive(Debug, Default)]
pub(super) struct Frames {
    pending: BytesMut,
}

impl Frames {
    /// Adds the next piece.
    pub(super) fn push(&mut self, piece: &[u8]) {
        self.pending.extend_from_slice(piece);
    }

    /// The next whole message. None of them is compressed, since nobody asked for it.
    pub(super) fn next(&mut self) -> Option<Bytes> {
        let length = self.pending.get(1..HEAD_BYTES)?.try_into().expect("four bytes");
        let length = usize::try_from(u32::from_be_bytes(length)).expect("usize has 32 bits");
        if self.pending.len() < HEAD_BYTES + length {
            return None;
        }
        self.pending.advance(HEAD_BYTES);
        Some(self.pending.split_to(length).freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_out_whole_however_they_are_cut() {
        let mut wire = Vec::new();
        for message in [&b"one"[..], b"", b"three"] {
            wire.extend_from_slice(&wrap(message));
        }
        for piece in 1..wire.len() {
            let mut frames = Frames::default();
            let mut messages = Vec::new();
            for part in wire.chunks(piece) {
                frames.push(part);
                while let Some(message) = frames.next() {
                    messages.push(message);
                }
            }
            assert_eq!(messages, [&b"one"[..], b"", b"three"], "pieces of {piece} bytes");
        }
    }
}
