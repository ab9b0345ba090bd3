//! The plan of a replay of many texts: what it would do, before it is begun. It changes nothing, and its
//! address can be shared.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use birdcall_domain::operator::Role;
use birdcall_ledger::{LedgerResult, replay::NewRun};

use super::{or_trouble, replays};
use crate::{
    console::{
        act::Told,
        asked::{Asked, query_of},
        blocks::{Ask, Block, Facts, Field, Notice},
        cells::Cell,
        screen::{Place, Screen},
        session::SignedIn,
        tone::Tone,
    },
    state::App,
};

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    operator: SignedIn,
    asked: Asked,
) -> Response {
    or_trouble(&app, page(&app, &operator, &asked).await)
}

async fn page(app: &App, operator: &SignedIn, asked: &Asked) -> LedgerResult<Response> {
    let mut screen = Screen::new("Plan a replay", Place::Replays);
    screen.notice = Told::new(&asked.done).notice();
    let form = Block::Ask(replays::form(app, asked));
    let screen = match asked.order(app.config.limits.replay_pace, app.now()) {
        Ok(order) => planned(app, operator, screen, &order).await?.with(form),
        Err(problem) => {
            if !asked.is_blank() {
                screen.notice = Some(Notice {
                    tone: Tone::Bad,
                    words: problem,
                    secret: None,
                });
            }
            screen.with(form)
        }
    };
    Ok(screen.show(app, operator))
}

async fn planned(
    app: &App,
    operator: &SignedIn,
    screen: Screen,
    order: &NewRun,
) -> LedgerResult<Screen> {
    let plan = app.ledger.plan_replay(&order.filter, order.force).await?;
    let mut rows = vec![
        ("Which", Cell::text(order.filter.words())),
        ("Texts", Cell::text(plan.found(app.now()))),
        ("Posts", Cell::text(format!("{}.", plan.sentence()))),
    ];
    rows.extend(plan.cost().map(|cost| ("Cost", Cell::text(cost))));
    rows.extend(
        plan.takes(order.pace)
            .map(|takes| ("Time", Cell::text(takes))),
    );
    let screen = screen
        .with(Block::Facts(Facts {
            title: "What would happen",
            rows,
        }))
        .with(Block::Table(replays::outcomes(
            "Would be run",
            "No text that matches would be run again.",
            plan.counts.each().filter(|(outcome, _)| outcome.acts()),
        )))
        .with(Block::Table(replays::outcomes(
            "Would not be run, and why",
            "Every text that matches would be run.",
            plan.counts.each().filter(|(outcome, _)| !outcome.acts()),
        )));
    // Texts that were not counted may be there to run again.
    let acts = plan.counts.acting() > 0 || !plan.all;
    Ok(match acts && operator.role.may(Role::Operate) {
        true => screen.with(Block::Ask(begin(app, order))),
        false => screen,
    })
}

/// The form that begins it. What comes in after this page was made is not reached.
fn begin(app: &App, order: &NewRun) -> Ask {
    let action = app.console(&format!("/replays/begin?{}", query_of(order)));
    Ask {
        title: "Begin the replay",
        explains: "Workers run the texts, oldest first, also when this page is closed. Each text is looked at again when \
            its turn comes, so nothing is posted twice. You can stop the replay at any time."
            .to_owned(),
        hidden: vec![("key", app.random.id())],
        fields: vec![Field::text(
            "pace",
            "Texts per minute",
            &order.pace.texts().to_string(),
        )],
        asks_reason: true,
        ..Ask::post(action, "Begin")
    }
}
