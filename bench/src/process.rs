//! The server's processes: started and ended, and what they took, as `/proc` has it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::Failure;

/// Linux counts CPU time for user programs in hundredths of a second.
const TICKS_A_SECOND: f64 = 100.0;
/// A server that does not answer by then will not.
const PATIENCE: Duration = Duration::from_secs(300);

pub struct Server {
    processes: Vec<u32>,
    child: Option<Child>,
    /// From starting the process to the first answer of a query.
    pub started_in: Option<Duration>,
}

#[derive(Clone, Copy, Default)]
pub struct Usage {
    /// Of the processes and of their children that ended.
    pub cpu_seconds: f64,
    pub resident_mib: f64,
}

impl Server {
    pub fn running(processes: &[u32]) -> Server {
        Server {
            processes: processes.to_vec(),
            child: None,
            started_in: None,
        }
    }

    pub fn start(command: &str, address: SocketAddr) -> Result<Server, Failure> {
        let mut words = command.split_whitespace();
        let program = words.next().ok_or("--start wants a command")?;
        let began = Instant::now();
        let mut child = Command::new(program).args(words).stdout(Stdio::null()).spawn()?;
        while first_answer(address).is_err() {
            if let Some(ended) = child.try_wait()? {
                return Err(format!("{command} ended before it answered: {ended}").into());
            }
            if began.elapsed() > PATIENCE {
                return Err(format!("{command} does not answer at {address}").into());
            }
            std::thread::sleep(Duration::from_micros(500));
        }
        Ok(Server {
            processes: vec![child.id()],
            started_in: Some(began.elapsed()),
            child: Some(child),
        })
    }

    pub fn usage(&self) -> Result<Usage, Failure> {
        let mut sum = Usage::default();
        for process in &self.processes {
            let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
            // After the name, which may have spaces in it, comes field 3.
            let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
            let ticks = fields.split_whitespace().skip(14 - 3).take(4);
            let ticks = ticks.map(str::parse::<f64>).sum::<Result<f64, _>>()?;
            sum.cpu_seconds += ticks / TICKS_A_SECOND;
            let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
            let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
            let kib = resident.and_then(|it| it.split_whitespace().next());
            sum.resident_mib += kib.ok_or("a process has no VmRSS")?.parse::<f64>()? / 1024.0;
        }
        Ok(sum)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended of itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Connects and asks, in the few bytes that takes: a driver's own beginning is not the server's.
fn first_answer(address: SocketAddr) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    let mut startup = 1u16.to_be_bytes().to_vec();
    for text in ["CQL_VERSION", "3.0.0"] {
        startup.extend((text.len() as u16).to_be_bytes());
        startup.extend(text.as_bytes());
    }
    let statement = "SELECT release_version FROM system.local";
    let mut query = (statement.len() as u32).to_be_bytes().to_vec();
    query.extend(statement.as_bytes());
    query.extend([0, 1, 0]);
    for (opcode, body) in [(0x01, startup), (0x07, query)] {
        let mut frame = vec![4, 0, 0, 0, opcode];
        frame.extend((body.len() as u32).to_be_bytes());
        frame.extend(body);
        stream.write_all(&frame)?;
        let mut header = [0; 9];
        stream.read_exact(&mut header)?;
        let length = u32::from_be_bytes([header[5], header[6], header[7], header[8]]);
        let mut answer = vec![0; length as usize];
        stream.read_exact(&mut answer)?;
        if header[4] == 0 {
            return Err(std::io::Error::other("an error"));
        }
    }
    Ok(())
}
