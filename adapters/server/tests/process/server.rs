use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use coach_tests::Persona;

/// Returns a command for the binary in `directory` with only the given environment.
pub fn command(directory: &Path, environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pm-interview-coach"));
    command.current_dir(directory).env_clear().env("PORT", "0").env("LOG_FORMAT", "pretty");
    command.envs(environment.iter().copied());
    command
}

pub fn run(directory: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    command(directory, environment).args(arguments).output().unwrap()
}

/// A running server. Dropping it kills the process.
pub struct RunningServer {
    pub process: Child,
    pub anonymous: Persona,
    log: Arc<Mutex<Vec<String>>>,
    reader: Option<thread::JoinHandle<()>>,
}

impl RunningServer {
    /// Starts the server and waits until it listens.
    pub fn start(directory: &Path, environment: &[(&str, &str)]) -> Self {
        let mut process = command(directory, environment).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (listening, address) = mpsc::channel();
        let reader = thread::spawn({
            let log = log.clone();
            move || {
                for line in lines.map_while(Result::ok) {
                    if let Some((_, rest)) = line.split_once("listening on ") {
                        let _ = listening.send(rest.split(',').next().unwrap().to_owned());
                    }
                    log.lock().unwrap().push(line);
                }
            }
        });
        let address = address.recv_timeout(Duration::from_secs(30));
        let address = address
            .unwrap_or_else(|_| panic!("the server did not start: {:?}", log.lock().unwrap()));
        Self { process, anonymous: Persona::anonymous(address), log, reader: Some(reader) }
    }

    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Stops the server and returns its whole log.
    pub fn into_log(mut self) -> Vec<String> {
        self.signal("TERM");
        self.reader.take().unwrap().join().unwrap();
        self.log()
    }

    /// Kills the server with SIGKILL.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub fn signal(&self, name: &str) {
        let process = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &process]).status().unwrap().success());
    }

    pub fn wait(&mut self) -> ExitStatus {
        self.process.wait().unwrap()
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
