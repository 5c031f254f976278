//! What an error of the engine means: which fault, where in the guest.

use veche_domain::limits::{LimitExceeded, LimitKind};
use wasmtime::{Store, Trap, WasmBacktrace};

use crate::report::{Fault, Frame};
use crate::state::{HostState, Stopped};

/// What an engine error means.
pub(crate) fn fault_of(store: &Store<HostState>, error: &wasmtime::Error) -> Fault {
    let limits = store.data().limits();
    // Where counting ends at the limit.
    let whole = |which: LimitKind| {
        let allowed = limits.value(which);
        Fault::Limit(LimitExceeded { which, used: allowed, allowed })
    };
    if let Some(exceeded) = error.downcast_ref::<LimitExceeded>() {
        return Fault::Limit(*exceeded);
    }
    if let Some(Stopped(message)) = error.downcast_ref::<Stopped>() {
        return Fault::Host { message: message.clone() };
    }
    if let Some(full) = error.downcast_ref::<wasmtime::PoolConcurrencyLimitError>() {
        return Fault::Host { message: full.to_string() };
    }
    let trap = error.downcast_ref::<Trap>().copied();
    match trap {
        Some(Trap::OutOfFuel) => return whole(LimitKind::Fuel),
        Some(Trap::StackOverflow) => return whole(LimitKind::Stack),
        Some(Trap::Interrupt) => {
            let used = u64::try_from(store.data().elapsed().as_millis()).unwrap_or(u64::MAX).max(limits.wall_ms);
            return Fault::Limit(LimitExceeded { which: LimitKind::Wall, used, allowed: limits.wall_ms });
        }
        _ => {}
    }
    if let Some(which) = private_limit(error) {
        return whole(which);
    }
    if let Some(refused) = store.data().refused {
        return Fault::Limit(refused);
    }
    match trap {
        Some(trap) => {
            let text = trap.to_string();
            Fault::Trap { message: text.strip_prefix("wasm trap: ").unwrap_or(&text).to_owned() }
        }
        // Whatever else ends a call was caused by what the guest did: a text that is no UTF-8, a pointer out of its
        // memory. The engine's message names no data.
        None => Fault::Trap { message: error.root_cause().to_string().chars().take(300).collect() },
    }
}

/// Two limits that the engine counts itself and reports by errors that it keeps private. They are recognised here
/// and nowhere else; the engine's version is pinned, and a test provokes each, so a change cannot go unseen.
fn private_limit(error: &wasmtime::Error) -> Option<LimitKind> {
    let cause = error.root_cause();
    if format!("{cause:?}") == "HostcallFuelExhausted" {
        // Only an error below a frame of the guest carries a backtrace; the rest arises while the answer is read.
        let in_host_call = error.downcast_ref::<WasmBacktrace>().is_some();
        return Some(if in_host_call { LimitKind::HostBytes } else { LimitKind::OutputBytes });
    }
    let message = cause.to_string();
    (message == "cannot allocate another handle: store handle limit exceeded").then_some(LimitKind::Handles)
}

/// The guest's functions on the stack of an error, innermost first; those that were compiled into others, too, where the
/// component carries debug information.
pub(crate) fn backtrace(error: &wasmtime::Error) -> Vec<Frame> {
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else { return Vec::new() };
    backtrace.frames().iter().flat_map(functions).collect()
}

/// The function of a frame, after what was compiled into it.
fn functions(frame: &wasmtime::FrameInfo) -> Vec<Frame> {
    let whole = || match frame.func_name() {
        Some(name) => demangled(name),
        None => format!("function {}", frame.func_index()),
    };
    if frame.symbols().is_empty() {
        return vec![Frame { function: whole(), source: None }];
    }
    let outermost = frame.symbols().len() - 1;
    let one = |(depth, symbol): (usize, &wasmtime::FrameSymbol)| {
        let source = symbol.file().map(|file| {
            let file: String = file.chars().filter(|c| !c.is_control()).take(300).collect();
            symbol.line().map_or_else(|| file.clone(), |line| format!("{file}:{line}"))
        });
        // Debug information names a function without its path; the function that was compiled as such has it.
        let short = symbol.name().filter(|_| depth < outermost).map(demangled);
        Frame { function: short.unwrap_or_else(whole), source }
    };
    frame.symbols().iter().enumerate().map(one).collect()
}

/// A readable name of bounded length: names come from the component.
fn demangled(name: &str) -> String {
    let readable = match rustc_demangle::try_demangle(name) {
        // Without the hash that ends it.
        Ok(demangled) => format!("{demangled:#}"),
        Err(_) => name.to_owned(),
    };
    readable.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use veche_domain::limits::Limits;
    use wasmtime::component::Component;

    use super::*;
    use crate::call::arm;
    use crate::engine::{Engine, EngineConfig};
    use crate::host::World;
    use crate::state::Scene;

    /// Runs the export `run` of a component under limits; the fault that it ends in.
    fn fault(wat: &str, limits: Limits) -> (Fault, Vec<Frame>) {
        let engine = Engine::new(&EngineConfig { instances: 8, ..EngineConfig::default() }).unwrap();
        let component = Component::new(&engine.inner.wasm, wat::parse_str(wat).unwrap()).unwrap();
        let scene = Scene::of_preparation(Arc::new(World::empty().unwrap()));
        let mut store = Store::new(&engine.inner.wasm, HostState::new(scene, Arc::new(limits.clone())));
        arm(&mut store, &limits);
        let run = |store: &mut Store<HostState>| -> wasmtime::Result<String> {
            let instance = engine.inner.linker.instantiate(&mut *store, &component)?;
            let run = instance.get_typed_func::<(), (String,)>(&mut *store, "run")?;
            Ok(run.call(&mut *store, ())?.0)
        };
        let error = run(&mut store).unwrap_err();
        (fault_of(&store, &error), backtrace(&error))
    }

    fn hit(wat: &str, limits: Limits) -> LimitKind {
        match fault(wat, limits).0 {
            Fault::Limit(exceeded) => exceeded.which,
            other => unreachable!("{other}"),
        }
    }

    /// A component whose `run` executes `body` and answers a text of `length` bytes at 16.
    fn guest(imports: &str, module: &str, body: &str, length: u32) -> String {
        format!(
            r#"(component
                {imports}
                (core module $memory (memory (export "memory") 4))
                (core instance $memory (instantiate $memory))
                {module}
                (core module $m
                    (import "memory" "memory" (memory 4))
                    (import "host" "call" (func $call (param i32 i32 i32)))
                    (import "host" "make" (func $make (param i32) (result i32)))
                    (func $inner_work {body})
                    (func (export "run") (result i32)
                        (call $inner_work)
                        (i32.store (i32.const 0) (i32.const 16))
                        (i32.store (i32.const 4) (i32.const {length}))
                        (i32.const 0)))
                (core instance $m (instantiate $m
                    (with "memory" (instance $memory))
                    (with "host" (instance (export "call" (func $call)) (export "make" (func $make))))))
                (func (export "run") (result string)
                    (canon lift (core func $m "run") (memory $memory "memory"))))"#
        )
    }

    const NO_LOG: &str = "";
    const STUBS: &str = r#"(core module $stubs
        (func (export "call") (param i32 i32 i32)) (func (export "make") (param i32) (result i32) (local.get 0)))
        (core instance $stubs (instantiate $stubs))
        (alias core export $stubs "call" (core func $call)) (alias core export $stubs "make" (core func $make))"#;
    const LOG: &str = r#"(import "veche:plugin/log@0.1.0" (instance $log
        (type $level (enum "trace" "debug" "info" "warn" "error"))
        (export "level" (type $exported (eq $level)))
        (export "write" (func (param "level" $exported) (param "message" string)))))"#;
    const LOWERED: &str = r#"(core module $stubs (func (export "make") (param i32) (result i32) (local.get 0)))
        (core instance $stubs (instantiate $stubs)) (alias core export $stubs "make" (core func $make))
        (core func $call (canon lower (func $log "write") (memory $memory "memory")))"#;
    const RESOURCE: &str = r#"(type $thing (resource (rep i32)))
        (core func $make (canon resource.new $thing))
        (core module $stubs (func (export "call") (param i32 i32 i32)))
        (core instance $stubs (instantiate $stubs)) (alias core export $stubs "call" (core func $call))"#;

    /// The limits that the engine counts itself and reports by private errors.
    #[test]
    fn limits_that_the_engine_keeps_private_are_recognised() {
        let limits = Limits { host_bytes: 1_000, ..Limits::default() };
        assert_eq!(hit(&guest(NO_LOG, STUBS, "", 2_000), limits.clone()), LimitKind::OutputBytes);
        let flood = "(call $call (i32.const 2) (i32.const 16) (i32.const 2000))";
        assert_eq!(hit(&guest(LOG, LOWERED, flood, 1), limits), LimitKind::HostBytes);
        let limits = Limits { handles: 5, ..Limits::default() };
        let hoard = "(local $n i32) (loop $again (drop (call $make (local.get $n))) (br $again))";
        assert_eq!(hit(&guest(NO_LOG, RESOURCE, hoard, 1), limits), LimitKind::Handles);
    }

    #[test]
    fn host_calls_are_counted_with_their_bytes_and_their_time() {
        let flood = "(loop $again (call $call (i32.const 2) (i32.const 16) (i32.const 100)) (br $again))";
        let wat = guest(LOG, LOWERED, flood, 1);
        let limits = Limits { host_calls: 20, ..Limits::default() };
        assert_eq!(
            fault(&wat, limits).0,
            Fault::Limit(LimitExceeded { which: LimitKind::HostCalls, used: 21, allowed: 20 })
        );
        let limits = Limits { host_bytes: 450, ..Limits::default() };
        assert_eq!(
            fault(&wat, limits).0,
            Fault::Limit(LimitExceeded { which: LimitKind::HostBytes, used: 500, allowed: 450 })
        );
        let limits = Limits { wall_ms: 0, ..Limits::default() };
        assert!(matches!(hit(&wat, limits), LimitKind::Wall));
    }

    #[test]
    fn guest_limits_are_typed_and_a_trap_names_its_functions() {
        let run = |body: &str, limits| fault(&guest(NO_LOG, STUBS, body, 1), limits);
        let which = |body: &str, limits| hit(&guest(NO_LOG, STUBS, body, 1), limits);
        assert_eq!(which("(loop $a (br $a))", Limits { fuel: 10_000, ..Limits::default() }), LimitKind::Fuel);
        let slow = Limits { fuel: u64::MAX, wall_ms: 20, ..Limits::default() };
        assert_eq!(which("(loop $a (br $a))", slow), LimitKind::Wall);
        assert_eq!(which("(call $inner_work)", Limits::default()), LimitKind::Stack);
        let grow = "(if (i32.eq (memory.grow (i32.const 100)) (i32.const -1)) (then unreachable))";
        assert_eq!(which(grow, Limits { memory: 1 << 20, ..Limits::default() }), LimitKind::Memory);
        let (fault, frames) = run("unreachable", Limits::default());
        assert_eq!(fault, Fault::Trap { message: "wasm `unreachable` instruction executed".into() });
        assert_eq!(frames[0].function, "inner_work");
        let (fault, _) = fault_text();
        assert!(matches!(fault, Fault::Trap { .. }), "{fault}");
    }

    /// A text that is no UTF-8.
    fn fault_text() -> (Fault, Vec<Frame>) {
        fault(&guest(NO_LOG, STUBS, "(i32.store8 (i32.const 16) (i32.const 255))", 1), Limits::default())
    }
}
