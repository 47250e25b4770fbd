//! A connection between two parties that can be cut, stalled one way or both, slowed, or answered by somebody else: a TCP
//! proxy on a port of its own.
//!
//! What a proxy does to a connection is what its ends see of a network that fails: resets; silence, after which what was
//! held arrives (as TCP sends again what a partition swallowed) or the connection is gone. What it cannot do is swallow the
//! first packet of a new connection: that one is always taken, and then met with silence. It needs no rights, and each
//! direction is by itself (docs/adr/0037).

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What happens to what is sent in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Way {
    /// It arrives.
    #[default]
    Open,
    /// It is held until the way opens again.
    Stalled,
    /// Each piece of up to 16 KiB takes this long.
    Slow(Duration),
}

/// What is wrong between two parties.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Trouble {
    /// Nothing.
    #[default]
    None,
    /// Connections are reset, and so is every new one.
    Cut,
    /// From the caller to the one who is called, and back.
    Ways(Way, Way),
    /// Every new request is answered with these bytes, and never arrives.
    Answered(Arc<str>),
}

impl Trouble {
    /// Nothing passes in either direction.
    pub const STALLED: Self = Self::Ways(Way::Stalled, Way::Stalled);
    /// What is asked arrives and is done; no answer comes back.
    pub const NO_ANSWERS: Self = Self::Ways(Way::Open, Way::Stalled);
    /// What is asked does not arrive.
    pub const NO_REQUESTS: Self = Self::Ways(Way::Stalled, Way::Open);
}

#[derive(Debug, Clone)]
struct State {
    target: u16,
    trouble: Trouble,
    /// Connections of an earlier one are reset.
    epoch: u64,
}

/// A way from one party to another, on 127.0.0.1. Gone, with its connections, on drop.
#[derive(Debug)]
pub struct Link {
    state: watch::Sender<State>,
    port: u16,
    met: Arc<AtomicU64>,
}

impl Link {
    /// A link to a port of this machine, in order.
    ///
    /// # Panics
    /// When the machine has no port or thread left.
    #[must_use]
    #[expect(clippy::expect_used, reason = "test set-up")]
    pub fn to(target: u16) -> Self {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a listener that does not block");
        let port = listener.local_addr().expect("its address").port();
        let (state, seen) = watch::channel(State { target, trouble: Trouble::None, epoch: 0 });
        let met = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&met);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        std::thread::Builder::new()
            .name("link".to_owned())
            .spawn(move || runtime.block_on(serve(listener, seen, counted)))
            .expect("a thread");
        Self { state, port, met }
    }

    /// Where the caller is to connect to.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Has this happen from now on, to connections that there are as well. [`Trouble::None`] mends it, and what was held arrives.
    pub fn set(&self, trouble: Trouble) {
        self.state.send_modify(|state| {
            // Connections that are kept for the next request would lead past the one who answers.
            state.epoch += u64::from(matches!(trouble, Trouble::Answered(_)));
            state.trouble = trouble;
        });
    }

    /// Resets every connection there is, as a firewall does that forgot them; new ones are made.
    pub fn reset(&self) {
        self.state.send_modify(|state| state.epoch += 1);
    }

    /// Leads to another port from now on, for new connections; those that there are, are reset.
    pub fn lead_to(&self, target: u16) {
        self.state.send_modify(|state| {
            state.target = target;
            state.epoch += 1;
        });
    }

    /// How often a trouble met somebody: pieces that were held or slowed, connections that were reset or answered.
    #[must_use]
    pub fn met(&self) -> u64 {
        self.met.load(Ordering::Relaxed)
    }
}

async fn serve(listener: std::net::TcpListener, mut state: watch::Receiver<State>, met: Arc<AtomicU64>) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // A connection that broke before it was taken is none.
                if let Ok((caller, _)) = accepted {
                    tokio::spawn(carry(caller, state.clone(), Arc::clone(&met)));
                }
            }
            // The link is gone when nobody can change it any more, and with this runtime its connections.
            changed = state.changed() => if changed.is_err() { return },
        }
    }
}

/// Carries one connection for as long as it lives and nobody resets it.
async fn carry(mut caller: TcpStream, state: watch::Receiver<State>, met: Arc<AtomicU64>) {
    let (target, epoch) = {
        let now = state.borrow();
        (now.target, now.epoch)
    };
    let trouble = state.borrow().trouble.clone();
    if let Trouble::Answered(words) = trouble {
        met.fetch_add(1, Ordering::Relaxed);
        // Whoever went away meanwhile needs no answer.
        let _ = answer(&mut caller, &words).await;
        return;
    }
    let reset = ended(state.clone(), epoch);
    let carried = async {
        let mut callee = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, target))).await?;
        // A piece is sent on when it comes: the ends have their own opinions on waiting for more.
        caller.set_nodelay(true)?;
        callee.set_nodelay(true)?;
        let carried = {
            let (from_caller, to_caller) = caller.split();
            let (from_callee, to_callee) = callee.split();
            let there = pump(from_caller, to_callee, Direction::There, state.clone(), &met);
            let back = pump(from_callee, to_caller, Direction::Back, state.clone(), &met);
            until(reset, async { tokio::try_join!(there, back) }).await
        };
        if !matches!(carried, Some(Ok(_))) {
            if carried.is_none() {
                met.fetch_add(1, Ordering::Relaxed);
            }
            // Both ends see a reset, not an end: what was on the way is lost, and they can tell.
            callee.set_zero_linger()?;
            caller.set_zero_linger()?;
        }
        Ok::<(), io::Error>(())
    };
    if carried.await.is_err() {
        // Nobody listens there: the caller sees that its connection is refused, a moment later than without a proxy.
        let _ = caller.set_zero_linger();
    }
}

/// What comes first; none when it was the first of the two.
async fn until<T>(end: impl Future<Output = ()>, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = end => None,
        done = work => Some(done),
    }
}

/// Ends when connections of this epoch are to be reset.
async fn ended(mut state: watch::Receiver<State>, epoch: u64) {
    let over = |state: &State| state.epoch != epoch || state.trouble == Trouble::Cut;
    // A link that is gone has reset everything anyway.
    let _ = state.wait_for(over).await;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    There,
    Back,
}

impl State {
    fn way(&self, direction: Direction) -> Way {
        match (&self.trouble, direction) {
            (Trouble::Ways(there, _), Direction::There) => *there,
            (Trouble::Ways(_, back), Direction::Back) => *back,
            (Trouble::None, _) => Way::Open,
            // These connections are about to be reset. Who carries them may learn of the trouble a moment before who resets them,
            // and must not let out meanwhile what was held.
            (Trouble::Cut | Trouble::Answered(_), _) => Way::Stalled,
        }
    }
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    direction: Direction,
    mut state: watch::Receiver<State>,
    met: &AtomicU64,
) -> io::Result<()> {
    let mut piece = vec![0; 16 << 10];
    loop {
        let length = from.read(&mut piece).await?;
        // Held after it was read, the end of the stream too: nobody learns anything through a way that is stalled.
        let way = state.borrow().way(direction);
        if way != Way::Open {
            met.fetch_add(1, Ordering::Relaxed);
        }
        let open = state.wait_for(|state| state.way(direction) != Way::Stalled).await.map(|state| state.way(direction));
        if let Ok(Way::Slow(time)) = open {
            tokio::time::sleep(time).await;
        }
        match piece.get(..length) {
            Some([]) | None => return to.shutdown().await,
            Some(read) => to.write_all(read).await?,
        }
    }
}

/// Waits for a request's head and answers in the place of the one it was meant for.
async fn answer(caller: &mut TcpStream, words: &str) -> io::Result<()> {
    let mut head = Vec::new();
    let mut piece = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let length = caller.read(&mut piece).await?;
        if length == 0 {
            return Ok(());
        }
        head.extend_from_slice(piece.get(..length).unwrap_or_default());
    }
    caller.write_all(words.as_bytes()).await?;
    caller.shutdown().await?;
    // Until the caller has it: closed with something unread, the connection would be reset before.
    while caller.read(&mut piece).await? > 0 {}
    Ok(())
}
