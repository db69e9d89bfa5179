//! A way to Redis that can be blocked in one direction: what is sent there waits, as it does in a network that drops it and
//! a kernel that sends it again.

use std::{net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    runtime::Runtime,
    sync::watch,
    task::JoinHandle,
};

/// Which directions are blocked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Blocked {
    pub(super) to_redis: bool,
    pub(super) from_redis: bool,
}

/// The way. It ends when this is dropped.
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    blocked: watch::Sender<Blocked>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Opens a way to the server on a port of this machine.
    pub(super) fn open(runtime: &Arc<Runtime>, port: u16) -> anyhow::Result<Self> {
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        let (blocked, watched) = watch::channel(Blocked::default());
        let accepting = runtime.spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(carry(near, port, watched.clone()));
            }
        });
        Ok(Self { address, blocked, accepting })
    }

    /// Blocks directions, or opens them again.
    pub(super) fn block(&self, blocked: Blocked) {
        self.blocked.send_replace(blocked);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn carry(near: TcpStream, port: u16, watched: watch::Receiver<Blocked>) {
    let Ok(far) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    // Best effort: a slower way is still a way.
    let _unfailing = near.set_nodelay(true).and_then(|()| far.set_nodelay(true));
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    let there = copy(near_in, far_out, watched.clone(), |blocked| blocked.to_redis);
    let back = copy(far_in, near_out, watched, |blocked| blocked.from_redis);
    tokio::join!(there, back);
}

/// Copies until either side ends; while its direction is blocked, what was read waits.
async fn copy(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut watched: watch::Receiver<Blocked>,
    is_blocked: fn(&Blocked) -> bool,
) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(read) = from.read(&mut buffer).await {
        if watched.wait_for(|blocked| !is_blocked(blocked)).await.is_err() || read == 0 {
            break;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
}
