//! The routes of Twilio's REST API that the service uses.

use axum::{
    Router,
    routing::{get, post},
};

use super::{account, create, list, media, messages, numbers, services};
use crate::sim::Sim;

pub(crate) fn router() -> Router<Sim> {
    const ACCOUNT: &str = "/2010-04-01/Accounts/{account}";
    Router::new()
        .route(
            &format!("{ACCOUNT}/Messages.json"),
            post(create::create).get(list::list),
        )
        .route(
            &format!("{ACCOUNT}/Messages/{{sid}}"),
            get(messages::fetch)
                .post(messages::update)
                .delete(messages::delete),
        )
        .route(
            &format!("{ACCOUNT}/Messages/{{sid}}/Media.json"),
            get(media::list),
        )
        .route(
            &format!("{ACCOUNT}/Messages/{{sid}}/Media/{{media}}"),
            get(media::fetch).delete(media::delete),
        )
        .route(
            &format!("{ACCOUNT}/IncomingPhoneNumbers.json"),
            get(numbers::list),
        )
        .route(
            &format!("{ACCOUNT}/IncomingPhoneNumbers/{{sid}}"),
            post(numbers::update),
        )
        .route(ACCOUNT, get(account::fetch))
        .route("/v1/Services", get(services::list))
        .route("/v1/Services/{sid}", get(services::fetch))
        .route("/v1/Services/{sid}/PhoneNumbers", get(services::numbers))
        .route("/cdn/{media}", get(media::cdn))
}
