//! The socket of a connection, shared by its task and by everybody who writes to it.

use realtime::outbox::Wire;
use socket2::SockRef;
use std::{
    cell::RefCell,
    hint::black_box,
    io::{self, IoSlice, Read as _},
    os::fd::AsRawFd as _,
    sync::Arc,
    time::Duration,
};
use tokio::{io::Interest, net::TcpStream};

/// Bytes read at once. One buffer for each thread, not for each connection.
const READ_BYTES: usize = 16 * 1024;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A socket that many may write to and one reads from.
#[derive(Debug)]
pub(super) struct Socket(TcpStream);

impl Socket {
    pub(super) fn new(stream: TcpStream) -> Arc<Self> {
        Arc::new(Self(stream))
    }

    /// Waits until there is something to read or, if asked for, until something can be written. Gives whether each is so.
    pub(super) async fn ready(&self, or_writable: bool) -> io::Result<(bool, bool)> {
        let interest = if or_writable { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
        let ready = self.0.ready(interest).await?;
        let closed = ready.is_read_closed();
        Ok((ready.is_readable() || closed, or_writable && (ready.is_writable() || ready.is_write_closed())))
    }

    /// Waits until something can be written.
    pub(super) async fn writable(&self) -> io::Result<()> {
        self.0.writable().await
    }

    /// Reads what is there, once, and gives it to `take`. False at the end of the stream. Nothing to read is no error.
    pub(super) fn read<E: From<io::Error>>(
        &self,
        take: impl FnOnce(&mut [u8]) -> Result<(), E>,
    ) -> Result<bool, E> {
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.resize(READ_BYTES, 0);
            let mut read = None;
            let tried = self.0.try_io(Interest::READABLE, || {
                let bytes = (&mut &*SockRef::from(&self.0)).read(scratch)?;
                read = Some(bytes);
                // Less than there was room for: the socket is empty, and the runtime may know that without asking the
                // system once more. Whatever comes from now on is announced anew.
                let empty = (1..READ_BYTES).contains(&bytes);
                if empty { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
            });
            match (read, tried) {
                (Some(0), _) => Ok(false),
                (Some(bytes), _) => take(&mut scratch[..bytes]).map(|()| true),
                (None, Err(error)) if error.kind() != io::ErrorKind::WouldBlock => Err(error.into()),
                (None, _) => Ok(true),
            }
        })
    }

    /// Gives up what the client has not taken: once the socket is closed, the client sees a reset.
    pub(super) fn cut_off(&self) {
        // A socket that does not even take this is gone.
        let _set = SockRef::from(&self.0).set_linger(Some(Duration::ZERO));
    }

    /// Ends this side; the client sees the end of the stream.
    pub(super) fn shut_down(&self) -> io::Result<()> {
        SockRef::from(&self.0).shutdown(std::net::Shutdown::Write)
    }
}

impl Wire for Socket {
    fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let socket = SockRef::from(&self.0);
        let write = || match slices {
            [only] => socket.send(only),
            many => socket.send_vectored(many),
        };
        match write() {
            // Only now the runtime has to know: it keeps the readiness of a socket in memory of its own, and reading
            // that for each of ten thousand writes that succeed anyway costs as much as the rest of our part.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.0.try_io(Interest::WRITABLE, write)
            }
            done => done,
        }
    }

    fn touch(&self) {
        black_box(self.0.as_raw_fd());
    }
}
