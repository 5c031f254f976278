//! Stubs for a component that was built elsewhere and brings WASI 0.2: cli, io, clocks and random, deterministic.
//!
//! The clock stands at the receipt of the appeal, random bytes are grown from its id, what is written goes to the
//! plug-in's log, nothing can be read, and waiting is over at once. Files, sockets, HTTP and whatever else WASI
//! names are not here: such a component is refused when it is inspected. Versions match by semver.

use sha2::{Digest as _, Sha256};
use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Lift, Linker, Lower, Resource, ResourceType};

use crate::state::HostState;

/// Interfaces that are stubbed, without their version.
const STUBBED: &[&str] = &[
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/stderr",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:cli/terminal-stderr",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/random",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
];

/// Most bytes that a stream takes at once.
const WRITE_LIMIT: u64 = 64 << 10;
/// Handles of the two streams that can be written to.
const STDOUT: u32 = 1;
const STDERR: u32 = 2;

/// Whether an import is stubbed.
pub(crate) fn is_stubbed(import: &str) -> bool {
    let Some((interface, version)) = import.split_once('@') else { return false };
    STUBBED.contains(&interface) && version.starts_with("0.2.")
}

struct InputStream;
struct OutputStream;
struct Pollable;
struct IoError;
struct TerminalInput;
struct TerminalOutput;

#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
enum StreamError {
    #[component(name = "last-operation-failed")]
    LastOperationFailed(Resource<IoError>),
    #[component(name = "closed")]
    Closed,
}

#[derive(ComponentType, Lift, Lower)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

type Context<'a> = StoreContextMut<'a, HostState>;
type Stream<T> = Result<T, StreamError>;

/// Defines the stubs.
pub(crate) fn add_to_linker(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    cli(linker)?;
    terminals(linker)?;
    clocks(linker)?;
    random(linker)?;
    poll(linker)?;
    input(linker)?;
    output(linker)
}

/// A function that hands back the same value each time.
macro_rules! constant {
    ($instance:expr, $name:literal, $params:ty, $answer:expr) => {
        $instance.func_wrap($name, |mut context: Context<'_>, _: $params| {
            context.data_mut().enter(&())?;
            Ok(($answer,))
        })?
    };
}

fn resource<T: 'static>(linker: &mut Linker<HostState>, interface: &str, name: &str) -> wasmtime::Result<()> {
    linker.instance(interface)?.resource(name, ResourceType::host::<T>(), |_, _| Ok(()))
}

fn cli(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    let mut environment = linker.instance("wasi:cli/environment@0.2.0")?;
    constant!(environment, "get-environment", (), Vec::<(String, String)>::new());
    constant!(environment, "get-arguments", (), Vec::<String>::new());
    constant!(environment, "initial-cwd", (), None::<String>);
    let ended = || wasmtime::Error::msg("the plug-in ended itself by `wasi:cli/exit`");
    let mut exit = linker.instance("wasi:cli/exit@0.2.0")?;
    exit.func_wrap("exit", move |_: Context<'_>, _: (Result<(), ()>,)| -> wasmtime::Result<()> { Err(ended()) })?;
    exit.func_wrap("exit-with-code", move |_: Context<'_>, _: (u8,)| -> wasmtime::Result<()> { Err(ended()) })?;
    let mut stdin = linker.instance("wasi:cli/stdin@0.2.0")?;
    constant!(stdin, "get-stdin", (), Resource::<InputStream>::new_own(0));
    let mut stdout = linker.instance("wasi:cli/stdout@0.2.0")?;
    constant!(stdout, "get-stdout", (), Resource::<OutputStream>::new_own(STDOUT));
    let mut stderr = linker.instance("wasi:cli/stderr@0.2.0")?;
    constant!(stderr, "get-stderr", (), Resource::<OutputStream>::new_own(STDERR));
    Ok(())
}

/// There is no terminal.
fn terminals(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    resource::<TerminalInput>(linker, "wasi:cli/terminal-input@0.2.0", "terminal-input")?;
    resource::<TerminalOutput>(linker, "wasi:cli/terminal-output@0.2.0", "terminal-output")?;
    let mut stdin = linker.instance("wasi:cli/terminal-stdin@0.2.0")?;
    constant!(stdin, "get-terminal-stdin", (), None::<Resource<TerminalInput>>);
    let mut stdout = linker.instance("wasi:cli/terminal-stdout@0.2.0")?;
    constant!(stdout, "get-terminal-stdout", (), None::<Resource<TerminalOutput>>);
    let mut stderr = linker.instance("wasi:cli/terminal-stderr@0.2.0")?;
    constant!(stderr, "get-terminal-stderr", (), None::<Resource<TerminalOutput>>);
    Ok(())
}

/// The wall clock stands at the receipt of the appeal, the monotonic one at nothing.
fn clocks(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    let mut wall = linker.instance("wasi:clocks/wall-clock@0.2.0")?;
    wall.func_wrap("now", |mut context: Context<'_>, (): ()| {
        let state = context.data_mut();
        state.enter(&())?;
        let now = state.scene.now;
        let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
        Ok((Datetime { seconds, nanoseconds: now.timestamp_subsec_nanos() },))
    })?;
    constant!(wall, "resolution", (), Datetime { seconds: 1, nanoseconds: 0 });
    let mut monotonic = linker.instance("wasi:clocks/monotonic-clock@0.2.0")?;
    constant!(monotonic, "now", (), 0_u64);
    constant!(monotonic, "resolution", (), 1_u64);
    constant!(monotonic, "subscribe-instant", (u64,), Resource::<Pollable>::new_own(0));
    constant!(monotonic, "subscribe-duration", (u64,), Resource::<Pollable>::new_own(0));
    Ok(())
}

fn random(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    for (interface, bytes, number) in [
        ("wasi:random/random@0.2.0", "get-random-bytes", "get-random-u64"),
        ("wasi:random/insecure@0.2.0", "get-insecure-random-bytes", "get-insecure-random-u64"),
    ] {
        let mut instance = linker.instance(interface)?;
        instance.func_wrap(bytes, |mut context: Context<'_>, (length,): (u64,)| {
            let state = context.data_mut();
            state.enter(&())?;
            state.charge(length)?;
            Ok((random_bytes(state, length),))
        })?;
        instance.func_wrap(number, |mut context: Context<'_>, (): ()| {
            context.data_mut().enter(&())?;
            Ok((random_number(context.data_mut()),))
        })?;
    }
    linker.instance("wasi:random/insecure-seed@0.2.0")?.func_wrap(
        "insecure-seed",
        |mut context: Context<'_>, (): ()| {
            context.data_mut().enter(&())?;
            Ok(((random_number(context.data_mut()), random_number(context.data_mut())),))
        },
    )
}

/// The next bytes of the stream that grows from the seed of the call: SHA-256 over seed and counter.
fn random_bytes(state: &mut HostState, length: u64) -> Vec<u8> {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let mut bytes = Vec::with_capacity(length.next_multiple_of(32));
    while bytes.len() < length {
        let block = Sha256::new().chain_update(state.scene.seed.as_bytes()).chain_update(state.drawn.to_le_bytes());
        bytes.extend_from_slice(&block.finalize());
        state.drawn += 1;
    }
    bytes.truncate(length);
    bytes
}

fn random_number(state: &mut HostState) -> u64 {
    let bytes = random_bytes(state, 8);
    u64::from_le_bytes(bytes.try_into().unwrap_or_default())
}

/// Everything is ready at once: nothing is ever waited for.
fn poll(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    resource::<IoError>(linker, "wasi:io/error@0.2.0", "error")?;
    let mut error = linker.instance("wasi:io/error@0.2.0")?;
    constant!(error, "[method]error.to-debug-string", (Resource<IoError>,), String::new());
    resource::<Pollable>(linker, "wasi:io/poll@0.2.0", "pollable")?;
    let mut poll = linker.instance("wasi:io/poll@0.2.0")?;
    constant!(poll, "[method]pollable.ready", (Resource<Pollable>,), true);
    poll.func_wrap("[method]pollable.block", |mut context: Context<'_>, _: (Resource<Pollable>,)| {
        context.data_mut().enter(&())
    })?;
    poll.func_wrap("poll", |mut context: Context<'_>, (all,): (Vec<Resource<Pollable>>,)| {
        context.data_mut().enter(&())?;
        let ready: Vec<u32> = (0..u32::try_from(all.len()).unwrap_or(u32::MAX)).collect();
        Ok((context.data_mut().give(ready)?,))
    })
}

/// A stream that has ended.
fn input(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    type This = (Resource<InputStream>, u64);
    resource::<InputStream>(linker, "wasi:io/streams@0.2.0", "input-stream")?;
    let mut streams = linker.instance("wasi:io/streams@0.2.0")?;
    constant!(streams, "[method]input-stream.read", This, Stream::<Vec<u8>>::Err(StreamError::Closed));
    constant!(streams, "[method]input-stream.blocking-read", This, Stream::<Vec<u8>>::Err(StreamError::Closed));
    constant!(streams, "[method]input-stream.skip", This, Stream::<u64>::Err(StreamError::Closed));
    constant!(streams, "[method]input-stream.blocking-skip", This, Stream::<u64>::Err(StreamError::Closed));
    constant!(streams, "[method]input-stream.subscribe", (Resource<InputStream>,), Resource::<Pollable>::new_own(0));
    Ok(())
}

/// What is written becomes lines of the plug-in's log.
fn output(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    type This = (Resource<OutputStream>,);
    type Zeroes = (Resource<OutputStream>, u64);
    type Splice = (Resource<OutputStream>, Resource<InputStream>, u64);
    resource::<OutputStream>(linker, "wasi:io/streams@0.2.0", "output-stream")?;
    let mut streams = linker.instance("wasi:io/streams@0.2.0")?;
    constant!(streams, "[method]output-stream.check-write", This, Stream::<u64>::Ok(WRITE_LIMIT));
    for name in ["[method]output-stream.write", "[method]output-stream.blocking-write-and-flush"] {
        streams.func_wrap(name, |mut context: Context<'_>, (stream, bytes): (Resource<OutputStream>, Vec<u8>)| {
            let state = context.data_mut();
            state.enter(&bytes)?;
            let level = if stream.rep() == STDERR { "warn" } else { "info" };
            let text = String::from_utf8_lossy(&bytes);
            for line in text.lines().filter(|line| !line.trim().is_empty()) {
                state.log(level, line.to_owned());
            }
            Ok((Stream::<()>::Ok(()),))
        })?;
    }
    constant!(streams, "[method]output-stream.flush", This, Stream::<()>::Ok(()));
    constant!(streams, "[method]output-stream.blocking-flush", This, Stream::<()>::Ok(()));
    constant!(streams, "[method]output-stream.subscribe", This, Resource::<Pollable>::new_own(0));
    constant!(streams, "[method]output-stream.write-zeroes", Zeroes, Stream::<()>::Ok(()));
    constant!(streams, "[method]output-stream.blocking-write-zeroes-and-flush", Zeroes, Stream::<()>::Ok(()));
    constant!(streams, "[method]output-stream.splice", Splice, Stream::<u64>::Err(StreamError::Closed));
    constant!(streams, "[method]output-stream.blocking-splice", Splice, Stream::<u64>::Err(StreamError::Closed));
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use chrono::{DateTime, Utc};
    use veche_domain::code::Digest;
    use veche_domain::limits::Limits;
    use wasmtime::Store;
    use wasmtime::component::Component;

    use super::*;
    use crate::call::arm;
    use crate::engine::{Engine, EngineConfig};
    use crate::host::World;
    use crate::state::Scene;

    /// Asks for the wall clock and one random number, as a component of WASI 0.2.3 would.
    const ASKS: &str = r#"(component
        (import "wasi:clocks/wall-clock@0.2.3" (instance $clock
            (type $t (record (field "seconds" u64) (field "nanoseconds" u32)))
            (export "datetime" (type $datetime (eq $t)))
            (export "now" (func (result $datetime)))))
        (import "wasi:random/random@0.2.3" (instance $random (export "get-random-u64" (func (result u64)))))
        (core module $memory (memory (export "memory") 1))
        (core instance $memory (instantiate $memory))
        (core func $now (canon lower (func $clock "now") (memory $memory "memory")))
        (core func $draw (canon lower (func $random "get-random-u64")))
        (core module $m
            (import "host" "now" (func $now (param i32)))
            (import "host" "draw" (func $draw (result i64)))
            (import "host" "memory" (memory 1))
            (func (export "seconds") (result i64) (call $now (i32.const 0)) (i64.load (i32.const 0)))
            (func (export "draw") (result i64) (call $draw)))
        (core instance $m (instantiate $m (with "host" (instance
            (export "now" (func $now)) (export "draw" (func $draw)) (export "memory" (memory $memory "memory"))))))
        (func (export "seconds") (result u64) (canon lift (core func $m "seconds")))
        (func (export "draw") (result u64) (canon lift (core func $m "draw"))))"#;

    fn ask(engine: &Engine, appeal: &str, received: i64) -> (u64, u64, u64) {
        let component = Component::new(&engine.inner.wasm, wat::parse_str(ASKS).unwrap()).unwrap();
        let scene = Scene {
            world: Arc::new(World::empty().unwrap()),
            now: DateTime::<Utc>::from_timestamp(received, 0).unwrap(),
            seed: Digest::of(appeal.as_bytes()),
            ..Scene::of_preparation(Arc::new(World::empty().unwrap()))
        };
        let limits = Arc::new(Limits::default());
        let mut store = Store::new(&engine.inner.wasm, HostState::new(scene, limits.clone()));
        arm(&mut store, &limits);
        let instance = engine.inner.linker.instantiate(&mut store, &component).unwrap();
        let mut call = |name: &str| {
            let function = instance.get_typed_func::<(), (u64,)>(&mut store, name).unwrap();
            function.call(&mut store, ()).unwrap().0
        };
        (call("seconds"), call("draw"), call("draw"))
    }

    #[test]
    fn clock_and_random_come_from_the_appeal_alone() {
        let engine = Engine::new(&EngineConfig { instances: 8, ..EngineConfig::default() }).unwrap();
        let first = ask(&engine, "a", 1_700_000_000);
        assert_eq!(first.0, 1_700_000_000);
        assert_ne!(first.1, first.2, "each draw is another");
        assert_eq!(ask(&engine, "a", 1_700_000_000), first);
        let other = ask(&engine, "b", 1_700_000_000);
        assert_ne!(other.1, first.1);
    }

    #[test]
    fn the_stubs_are_named_and_nothing_else_is() {
        for import in ["wasi:cli/stdout@0.2.0", "wasi:random/random@0.2.6", "wasi:io/streams@0.2.1"] {
            assert!(is_stubbed(import), "{import}");
        }
        for import in [
            "wasi:filesystem/types@0.2.0",
            "wasi:sockets/tcp@0.2.0",
            "wasi:http/types@0.2.0",
            "wasi:clocks/wall-clock@0.3.0",
            "wasi:clocks/wall-clock",
            "wasi:cli/run@0.2.0",
        ] {
            assert!(!is_stubbed(import), "{import}");
        }
    }
}
