//! Turns wasm into machine code: in a child process that bounds itself, at most two at once, at low priority.
//!
//! A compiler's time and memory depend on what it is fed, and nobody trusts that. In a child the system enforces
//! the bounds, and the host's own threads are never busy with it. The child is this same program under a hidden
//! command: it reads a component from its standard input and writes code to its standard output. A pipe that the
//! host opened itself cannot be written by anybody else, so what comes out of it may be loaded.

use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use rustix::process::{Resource, Rlimit, nice, setrlimit};
use veche_domain::limits::{LimitExceeded, LimitKind, Limits};
use wasmtime::component::Component;

use crate::engine::{Engine, compiler_settings};
use crate::error::SandboxError;

/// The hidden command under which the program is a compiler.
pub const COMPILER_COMMAND: &str = "compile-component";

/// Compilations at once; more wait. One may be long, and a short one should not stand behind it.
const AT_ONCE: usize = 2;
/// How much less urgent a compilation is than the host (`nice`).
const NICENESS: i32 = 10;
/// The child could not compile it.
const EXIT_REFUSED: u8 = 2;
/// The child ran out of memory.
const EXIT_MEMORY: u8 = 3;

/// Where code is made.
pub(crate) struct Compiler {
    program: Option<PathBuf>,
    permits: (Sender<()>, Receiver<()>),
}

impl Compiler {
    /// A compiler in a child process, or in this one: the latter for tests and one-shot commands alone.
    pub(crate) fn new(program: Option<PathBuf>) -> Self {
        Self { program, permits: bounded(AT_ONCE) }
    }
}

/// Compiles a component under its limits; the component and its code, to be kept.
///
/// # Errors
/// [`SandboxError::Limit`] for a compilation over its limits, [`SandboxError::Compile`] for code that is not taken.
pub(crate) fn compile(engine: &Engine, bytes: &[u8], limits: &Limits) -> Result<(Component, Vec<u8>), SandboxError> {
    let compiler = &engine.inner.compiler;
    let code = match &compiler.program {
        None => engine.inner.wasm.precompile_component(bytes).map_err(|e| refused(format!("{e:#}")))?,
        Some(program) => {
            // The channel is full while all permits are out, and the last holder gives one back.
            let _ = compiler.permits.0.send(());
            let code = in_child(program, bytes, limits);
            let _ = compiler.permits.1.try_recv();
            code?
        }
    };
    #[allow(unsafe_code)]
    // SAFETY: the code was made right here, or by this same program in a child that this host started, and came over
    // a pipe that nobody else holds. `only_code_of_our_own_is_loaded` shows that anything else is refused.
    let component = unsafe { Component::deserialize(&engine.inner.wasm, &code) };
    Ok((component.map_err(|e| refused(format!("{e:#}")))?, code))
}

fn refused(reason: String) -> SandboxError {
    SandboxError::Compile { reason: reason.chars().take(1_000).collect() }
}

/// Runs the child over one component.
fn in_child(program: &Path, bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, SandboxError> {
    let broken = |error: std::io::Error| {
        refused(format!("the compiler {} cannot be run: {error}; is the program still there?", program.display()))
    };
    let mut child = Command::new(program)
        .arg(COMPILER_COMMAND)
        .arg(limits.compile_memory.to_string())
        .arg(limits.compile_cpu_ms.div_ceil(1_000).to_string())
        // The child needs nothing of the environment, and the environment holds secrets.
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(broken)?;
    let spoken = talk(&mut child, bytes, Duration::from_millis(limits.compile_ms));
    let status = child.wait().map_err(broken)?;
    let whole = |which: LimitKind| {
        let allowed = limits.value(which);
        SandboxError::Limit(LimitExceeded { which, used: allowed, allowed })
    };
    match spoken {
        None => Err(whole(LimitKind::CompileMs)),
        Some((code, _)) if status.success() => Ok(code),
        Some((_, said)) => Err(match ending(status) {
            Ending::Memory => whole(LimitKind::CompileMemory),
            Ending::Time => whole(LimitKind::CompileCpuMs),
            Ending::Refused if !said.is_empty() => refused(said),
            Ending::Refused => refused(format!("the compiler ended with {status}")),
        }),
    }
}

enum Ending {
    Memory,
    Time,
    Refused,
}

/// How a child ended that did not succeed.
fn ending(status: ExitStatus) -> Ending {
    const SIGABRT: i32 = 6;
    const SIGKILL: i32 = 9;
    const SIGSEGV: i32 = 11;
    const SIGXCPU: i32 = 24;
    match (status.code(), status.signal()) {
        (Some(code), _) if code == i32::from(EXIT_MEMORY) => Ending::Memory,
        // An allocation that fails aborts, and so does a stack that cannot grow.
        (_, Some(SIGABRT | SIGSEGV)) => Ending::Memory,
        // The soft limit of processor time, and the hard one a second later.
        (_, Some(SIGXCPU | SIGKILL)) => Ending::Time,
        _ => Ending::Refused,
    }
}

/// Feeds the child and hears it out; none if it took too long and was killed.
fn talk(child: &mut Child, bytes: &[u8], patience: Duration) -> Option<(Vec<u8>, String)> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        scope.spawn(move || {
            if let Some(mut stdin) = stdin {
                // A child that ended early says so by its status.
                let _ = stdin.write_all(bytes);
            }
        });
        let (done, heard) = bounded(1);
        scope.spawn(move || {
            let mut said = String::new();
            let errors = std::thread::scope(|inner| {
                let errors = inner.spawn(move || {
                    if let Some(stderr) = stderr {
                        let _ = stderr.take(64 << 10).read_to_string(&mut said);
                    }
                    said
                });
                let mut code = Vec::new();
                if let Some(mut stdout) = stdout {
                    let _ = stdout.read_to_end(&mut code);
                }
                (code, errors.join().unwrap_or_default())
            });
            let _ = done.send(errors);
        });
        match heard.recv_timeout(patience) {
            Ok(spoken) => Some(spoken),
            Err(_) => {
                // Its pipes close with it, so the threads above end.
                let _ = child.kill();
                None
            }
        }
    })
}

/// The child's side: bounds itself, then compiles what it reads and writes the code. Never returns to the host.
///
/// `memory` is address space in bytes, `cpu_seconds` processor time.
#[must_use]
pub fn run_compiler(memory: u64, cpu_seconds: u64) -> ExitCode {
    match bound(memory, cpu_seconds).map_err(|e| (EXIT_REFUSED, e.to_string())).and_then(|()| compile_stdin()) {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, message)) => {
            eprintln!("{message}");
            ExitCode::from(code)
        }
    }
}

fn bound(memory: u64, cpu_seconds: u64) -> std::io::Result<()> {
    let set = |resource, current: u64, maximum: u64| {
        setrlimit(resource, Rlimit { current: Some(current), maximum: Some(maximum) })
    };
    set(Resource::As, memory, memory)?;
    set(Resource::Cpu, cpu_seconds, cpu_seconds + 1)?;
    set(Resource::Core, 0, 0)?;
    // It writes to its pipe alone.
    set(Resource::Fsize, 0, 0)?;
    nice(NICENESS)?;
    Ok(())
}

fn compile_stdin() -> Result<(), (u8, String)> {
    let mut bytes = Vec::new();
    let exit = |kind| if kind == std::io::ErrorKind::OutOfMemory { EXIT_MEMORY } else { EXIT_REFUSED };
    let failed = |e: std::io::Error| (exit(e.kind()), e.to_string());
    std::io::stdin().lock().read_to_end(&mut bytes).map_err(failed)?;
    let mut settings = compiler_settings();
    // One core: the others are for requests. It also keeps time and memory foreseeable.
    settings.parallel_compilation(false);
    let compiled = wasmtime::Engine::new(&settings).and_then(|engine| engine.precompile_component(&bytes));
    let code = compiled.map_err(|error| {
        let mut io = error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>());
        let memory = error.is::<wasmtime::OutOfMemory>() || io.any(|cause| exit(cause.kind()) == EXIT_MEMORY);
        (if memory { EXIT_MEMORY } else { EXIT_REFUSED }, format!("{error:#}"))
    })?;
    let mut out = std::io::stdout().lock();
    out.write_all(&code).and_then(|()| out.flush()).map_err(failed)
}
