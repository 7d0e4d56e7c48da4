//! What the writers talk to: the server, or the liar in front of it.

use crate::dice::Dice;
use crate::liar::Liar;
use crate::server::Server;

pub(crate) struct Service {
    pub(crate) server: Server,
    liar: Option<Liar>,
}

impl Service {
    pub(crate) async fn start(dice: &mut Dice, with_liar: bool) -> Self {
        let server = Server::start(dice).await;
        let liar =
            with_liar.then(|| Liar::start(server.credentials(), crate::server::free_port(dice)));
        Self { server, liar }
    }

    /// Where the writers go, and with which key.
    pub(crate) fn address(&self) -> String {
        self.liar.as_ref().map_or_else(|| self.server.credentials().address, Liar::address)
    }

    pub(crate) fn key(&self) -> String {
        self.server.credentials().api_key
    }

    /// What the liar has not sent on yet dies with the server, as it would if
    /// the two were one.
    pub(crate) async fn kill(&mut self) {
        if let Some(liar) = &mut self.liar {
            liar.kill();
        }
        self.server.kill().await;
    }

    /// Starts what was killed. The liar lies about a service that is up.
    pub(crate) async fn restart(&mut self) {
        self.server.restart();
        if let Some(liar) = &mut self.liar {
            self.server.ready().await;
            liar.restart();
        }
    }
}
