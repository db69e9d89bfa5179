//! The life of one stream's task: what comes into the mailbox goes to the session, what is sent to the connection goes
//! to the body. It waits on no timer: the node's wheel keeps the time.

use super::{mailbox::Mailbox, outlet::Outlet};
use protocol::Disconnect;
use realtime::Session;
use std::sync::Arc;
use tokio::sync::Notify;

/// Serves until one side ends the stream; gives why. `first` are the commands of the request.
pub(super) async fn converse(
    session: &mut Session,
    mailbox: &mut Mailbox,
    first: &[u8],
    outlet: &Outlet,
) -> Disconnect {
    let connection = Arc::clone(session.connection());
    let bell = Notify::new();
    let sending = async {
        let told = outlet.pump(&connection, &bell).await;
        // A client that is gone is not served any more.
        connection.close(told);
        bell.notify_one();
        told
    };
    let receiving = async {
        if let Err(disconnect) = receive(session, mailbox, first, &bell).await {
            connection.close(disconnect);
        }
    };
    // Side by side, so that what others send keeps flowing while the session works. Neither is ever cut short: a
    // command that stops halfway would leave a channel half joined.
    let (told, ()) = tokio::join!(sending, receiving);
    told
}

async fn receive(
    session: &mut Session,
    mailbox: &mut Mailbox,
    first: &[u8],
    bell: &Notify,
) -> Result<(), Disconnect> {
    handle(session, first).await?;
    loop {
        if session.connection().outbox.closing().is_some() {
            return Ok(());
        }
        if session.connection().has_orders() {
            Box::pin(session.obey()).await?;
            continue;
        }
        tokio::select! {
            biased;
            () = bell.notified() => {}
            message = mailbox.take() => handle(session, &message).await?,
        }
    }
}

async fn handle(session: &mut Session, message: &[u8]) -> Result<(), Disconnect> {
    let commands = session.read(message)?;
    let connection = Arc::clone(session.connection());
    let _deaf = connection.at_work();
    // On the heap: a task is as large as its largest moment, and most of them are idle.
    Box::pin(session.commands(commands)).await
}
