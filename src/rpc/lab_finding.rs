//! The lab: send what ought to be refused, and return what became of it.

use leptos::prelude::*;

use crate::model::{Finding, LabError};

/// Runs the experiment with this name; without one there is nothing to find. Open to everybody: the tokens are made for
/// nobody, and there is a lab with the embedded Clerk only.
///
/// # Errors
/// When there is no lab, or no such experiment.
#[server(prefix = "/rpc", endpoint = "lab_finding")]
pub async fn lab_finding(experiment: Option<String>) -> Result<Option<Finding>, LabError> {
    use crate::{
        model::Experiment,
        server::request::{lab, set_lab_status},
    };

    let lab = lab().inspect_err(set_lab_status)?;
    let Some(name) = experiment else { return Ok(None) };
    let experiment = Experiment::named(&name).ok_or(LabError::NotHere).inspect_err(set_lab_status)?;
    lab.run(experiment).await.map(Some).inspect_err(set_lab_status)
}
