//! A gateway and an embedded Clerk of their own, on a free port and with a clock that stands still, for one experiment.
//! Whatever is broken in them is broken nowhere else, and gone with them.

use std::{
    collections::HashMap,
    env, fs, io,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{Router, routing::get};
use reqwest::Client;
use tokio::{
    net::TcpListener,
    task::{JoinHandle, spawn_blocking},
};
use url::Url;
use uuid::Uuid;

use super::{
    Lab, forged_identity,
    post::{Letter, Post},
};
use crate::{
    gateway::{Gateway, Tracer, readiness},
    instance::Instance,
    jwt::{Clock, KeySets, KeySource, http_client},
    model::{Exchange, LabError},
    server::{
        StartError, gateway_parts,
        services::{CLERK_PATH, GATEWAY_PATH, parse},
    },
};

/// As the listener for metrics has it.
pub const READY: &str = "/ready";

/// What a rig's gateway serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Project {
    /// What the program's own gateway serves.
    Own,
    /// An API that is told who the caller is.
    WithApi,
}

/// What an experiment is made with.
pub struct Rig {
    pub instance: Instance,
    tracer: Tracer,
    /// Ends with the rig, and its connections with it.
    client: Client,
    url: Url,
    clock: Clock,
    waited: Arc<AtomicU64>,
    server: JoinHandle<()>,
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Rig {
    /// Sets everything up.
    pub async fn set_up(lab: &Lab, project: Project) -> Result<Self, StartError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = parse(&format!("http://{}", listener.local_addr()?))?;
        let (begun, waited) = ((lab.clock)(), Arc::<AtomicU64>::default());
        let passed = Arc::clone(&waited);
        let clock: Clock = Arc::new(move || begun + Duration::from_secs(passed.load(Ordering::SeqCst)));
        let (own, place, time) = (lab.instance.clone(), url.clone(), Arc::clone(&clock));
        // Keys and passwords take their time.
        let instance = spawn_blocking(move || own.sibling(place, time)).await.map_err(io::Error::other)??;
        let tracer = Tracer::default();
        let (gateway, key_sets) = gateway(lab, project, &instance, &url, &clock)?;
        let gateway = gateway.traced_by(tracer.clone());
        let now = Arc::clone(&clock);
        let ready = move || std::future::ready(readiness(&key_sets, now()));
        let router = Router::new()
            .nest(CLERK_PATH, instance.router())
            .nest(&format!("{CLERK_PATH}/v1"), instance.frontend_api())
            .nest(GATEWAY_PATH, gateway.into_router())
            .route(READY, get(ready))
            .nest(forged_identity::API_PATH, forged_identity::api())
            .into_make_service_with_connect_info::<SocketAddr>();
        let server = tokio::spawn(async move {
            // Never ends by itself.
            let _ended = axum::serve(listener, router).await;
        });
        Ok(Self { instance, tracer, client: http_client(&url)?, url, clock, waited, server })
    }

    /// Lets time pass.
    pub fn wait(&self, time: Duration) {
        self.waited.fetch_add(time.as_secs(), Ordering::SeqCst);
    }

    /// What time it is here.
    pub fn now(&self) -> Duration {
        (self.clock)()
    }

    /// The rig's own origin.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// To whoever answers here.
    pub fn post(&self) -> Post<'_> {
        Post { client: &self.client, url: &self.url, origin: self.origin(), tracer: &self.tracer }
    }

    /// Sends letters, one after the other.
    pub async fn send_all(&self, letters: &[Letter]) -> Result<Vec<Exchange>, LabError> {
        let mut exchanges = Vec::new();
        for letter in letters {
            exchanges.push(self.post().send(letter).await?);
        }
        Ok(exchanges)
    }
}

fn gateway(
    lab: &Lab,
    project: Project,
    instance: &Instance,
    url: &Url,
    clock: &Clock,
) -> Result<(Gateway, Arc<KeySets>), StartError> {
    let issuer = instance.issuer();
    let keys = parse(&format!("{}{CLERK_PATH}/.well-known/jwks.json", url.origin().ascii_serialization()))?;
    let source = KeySource::Server(Box::new(keys.into()));
    let key_sets = Arc::new(KeySets::new(HashMap::from([(issuer.clone(), source)])));
    let mut public_url = url.clone();
    public_url.set_path(GATEWAY_PATH);
    let (registry, clock) = (Arc::clone(&lab.registry), Arc::clone(clock));
    let dependencies =
        gateway_parts::dependencies(&lab.variables, Some(&issuer), registry, key_sets, public_url, clock)?;
    let gateway = match project {
        Project::Own => Gateway::load(&lab.project, &dependencies)?,
        Project::WithApi => {
            let folder = TemporaryFolder::new()?;
            forged_identity::write_project(&folder.0, url)?;
            Gateway::load(&folder.0, &dependencies)?
        }
    };
    Ok((gateway, dependencies.key_sets))
}

/// A folder that is gone again when nobody needs it.
struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    fn new() -> io::Result<Self> {
        let path = env::temp_dir().join(format!("gatehouse-lab-{}", Uuid::new_v4()));
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "a folder of the lab is left over");
        }
    }
}
