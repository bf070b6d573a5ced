//! The rules of custody.

use daybook_core::ids::Actor;

use crate::event::{ParcelAccepted, ParcelDelivered, ParcelEvent, ParcelHandedOver};
use crate::{Parcel, ParcelCommand, ParcelError, ParcelId};

pub(crate) fn decide(
    command: &ParcelCommand,
    parcel: Option<&Parcel>,
    actor: &Actor,
) -> Result<ParcelEvent, ParcelError> {
    match command {
        ParcelCommand::Accept { parcel_id, recipient, name } => {
            if parcel.is_some() {
                return Err(ParcelError::Exists { parcel_id: parcel_id.clone() });
            }
            let (recipient, name) = (recipient.clone(), name.clone());
            Ok(ParcelAccepted { recipient, name, custodian: actor.clone() }.into())
        }
        ParcelCommand::HandOver { parcel_id, to } => {
            let from = held_by(parcel_id, parcel, actor)?;
            if to == actor {
                let (parcel_id, custodian) = (parcel_id.clone(), actor.clone());
                return Err(ParcelError::SameCustodian { parcel_id, custodian });
            }
            Ok(ParcelHandedOver { from, to: to.clone() }.into())
        }
        ParcelCommand::Deliver { parcel_id } => {
            let by = held_by(parcel_id, parcel, actor)?;
            Ok(ParcelDelivered { by }.into())
        }
    }
}

/// The actor, who must have the parcel.
fn held_by(
    parcel_id: &ParcelId,
    parcel: Option<&Parcel>,
    actor: &Actor,
) -> Result<Actor, ParcelError> {
    let parcel_id = || parcel_id.clone();
    let parcel = parcel.ok_or_else(|| ParcelError::NotFound { parcel_id: parcel_id() })?;
    match &parcel.custodian {
        None => Err(ParcelError::Delivered { parcel_id: parcel_id() }),
        Some(custodian) if custodian != actor => {
            let custodian = custodian.clone();
            Err(ParcelError::NotTheCustodian { parcel_id: parcel_id(), custodian })
        }
        Some(custodian) => Ok(custodian.clone()),
    }
}
