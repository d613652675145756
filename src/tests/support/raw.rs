//! Both ends of a connection byte by byte, for what an HTTP client or server would tidy up.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::App;

/// Longer than anything takes that is not stuck.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client's connection to the program.
pub struct Raw(TcpStream);

impl Raw {
    pub async fn connect(app: &App) -> Self {
        Self(TcpStream::connect(app.origin.replace("http://localhost", "127.0.0.1")).await.unwrap())
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// The next head, with the empty line behind it.
    pub async fn head(&mut self) -> String {
        let reading = read_head(&mut self.0);
        tokio::time::timeout(PATIENCE, reading).await.unwrap()
    }

    /// So many bytes.
    pub async fn exactly(&mut self, count: usize) -> String {
        let mut bytes = vec![0; count];
        tokio::time::timeout(PATIENCE, self.0.read_exact(&mut bytes)).await.unwrap().unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// Everything up to the end of the connection.
    pub async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        let reading = self.0.read_to_end(&mut bytes);
        // A reset is an end, too.
        let _end = tokio::time::timeout(PATIENCE, reading).await.unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// What one request is answered: the head, and everything up to the end of the connection.
    pub async fn ask(app: &App, head: &str) -> (String, String) {
        let mut raw = Self::connect(app).await;
        let request = format!("{head}\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        raw.send(request.as_bytes()).await;
        (raw.head().await, raw.rest().await)
    }
}

async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// An upstream that writes these bytes for a path, and hangs up. It remembers nothing.
pub async fn canned(answers: &'static [(&'static str, &'static str)]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let head = read_head(&mut stream).await;
                let answer = answers.iter().find(|(path, _)| head.contains(&format!(" {path} ")));
                stream.write_all(answer.unwrap().1.as_bytes()).await.unwrap();
            });
        }
    });
    url
}

/// An upstream that says which bytes it was sent: as many as `enough` asks for, then it answers with them.
pub async fn recorder(enough: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut seen = Vec::new();
                while !seen.ends_with(enough.as_bytes()) {
                    seen.push(stream.read_u8().await.unwrap());
                }
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", seen.len());
                stream.write_all(&[head.as_bytes(), &seen].concat()).await.unwrap();
            });
        }
    });
    url
}
