use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value},
    trace::v1::{ResourceSpans, Span},
};
use prost::Message;

/// A collector for OTLP over HTTP. It takes everything and gives the same answer to each request.
pub struct Collector {
    pub endpoint: String,
    received: Arc<Mutex<Vec<Received>>>,
}

/// The head and the body of a request.
type Received = (String, Vec<u8>);

impl Collector {
    /// Answers with this status.
    pub fn answering(status: u16) -> Self {
        Self::start(move |stream| {
            let _ = write!(stream, "HTTP/1.1 {status} x\r\nContent-Length: 0\r\n\r\n");
        })
    }

    /// Never answers, and keeps the connections open.
    pub fn silent() -> Self {
        let open = Mutex::new(Vec::new());
        Self::start(move |stream| open.lock().unwrap().push(stream.try_clone().unwrap()))
    }

    fn start(answer: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (received, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(answer));
        let taken: Arc<Mutex<Vec<Received>>> = received.clone();
        thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let (taken, answer) = (taken.clone(), answer.clone());
                thread::spawn(move || {
                    if let Some(request) = read_request(&stream) {
                        taken.lock().unwrap().push(request);
                        answer(&mut stream);
                    }
                });
            }
        });
        Self { endpoint, received }
    }

    /// Returns the head of each request.
    pub fn heads(&self) -> Vec<String> {
        self.received.lock().unwrap().iter().map(|(head, _)| head.clone()).collect()
    }

    /// Returns everything that arrived.
    pub fn bytes(&self) -> Vec<u8> {
        let received = self.received.lock().unwrap();
        received.iter().flat_map(|(head, body)| [head.as_bytes(), body].concat()).collect()
    }

    fn resources(&self) -> Vec<ResourceSpans> {
        let received = self.received.lock().unwrap();
        let decode = |body: &Vec<u8>| ExportTraceServiceRequest::decode(&**body).unwrap();
        received.iter().flat_map(|(_, body)| decode(body).resource_spans).collect()
    }

    /// Returns the attributes of the process.
    pub fn resource(&self) -> BTreeMap<String, String> {
        attributes(&self.resources()[0].resource.as_ref().unwrap().attributes)
    }

    pub fn spans(&self) -> Vec<Span> {
        let scopes = self.resources().into_iter().flat_map(|resource| resource.scope_spans);
        scopes.flat_map(|scope| scope.spans).collect()
    }
}

fn read_request(stream: &TcpStream) -> Option<Received> {
    let (mut reader, mut head) = (BufReader::new(stream), String::new());
    while !head.ends_with("\r\n\r\n") {
        reader.read_line(&mut head).ok().filter(|length| *length > 0)?;
    }
    let length = head.to_ascii_lowercase();
    let length = length.split_once("content-length: ")?.1.split_once("\r\n")?.0.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, body))
}

/// Returns attributes by name, with lists in brackets.
pub fn attributes(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |value: &any_value::Value| match value {
        any_value::Value::StringValue(text) => text.clone(),
        any_value::Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    let value = |value: &any_value::Value| match value {
        any_value::Value::ArrayValue(list) => {
            let values = list.values.iter().filter_map(|value| value.value.as_ref());
            format!("[{}]", values.map(text).collect::<Vec<_>>().join(", "))
        }
        other => text(other),
    };
    let pairs = attributes.iter().filter_map(|attribute| {
        let set = attribute.value.as_ref()?.value.as_ref()?;
        Some((attribute.key.clone(), value(set)))
    });
    pairs.collect()
}
