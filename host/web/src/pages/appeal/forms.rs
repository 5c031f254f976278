//! What a visitor may do with a question now, as the forms of the page.

use chrono::NaiveDate;
use veche_app::store::{AnswerDraft, QuestionRow, Standing};
use veche_domain::access::Action;
use veche_domain::decision::State;

use crate::pages::visit::{Page, Visit};
use crate::pages::words::Names;

/// Code, name, whether it is chosen.
pub(super) type Choice = (String, String, bool);

/// A draft of an answer.
pub(super) struct Draft {
    pub(super) text: String,
    pub(super) author: String,
    pub(super) substance: &'static str,
    pub(super) version: i64,
}

/// The forms of a question.
pub(super) struct Forms {
    /// Version of the question that the page shows.
    pub(super) version: i64,
    /// Names this form, so that it counts once however often it is sent.
    pub(super) once: String,
    pub(super) correct: bool,
    pub(super) categories: Vec<(String, Vec<Choice>)>,
    pub(super) bodies: Vec<Choice>,
    pub(super) draft: bool,
    pub(super) approve: bool,
    pub(super) drafted: Draft,
    pub(super) has_draft: bool,
    pub(super) extend: bool,
    /// First day that an extension may name.
    pub(super) least_day: String,
    pub(super) reopen: bool,
    pub(super) close: bool,
    pub(super) react: bool,
    pub(super) mark: bool,
}

impl Forms {
    /// Whether there is any.
    pub(super) fn any(&self) -> bool {
        self.correct
            || self.draft
            || self.approve
            || self.extend
            || self.reopen
            || self.close
            || self.react
            || self.mark
    }
}

/// Which forms a question has for this visitor.
pub(super) fn forms(
    visit: &Visit,
    page: &Page,
    names: &Names<'_>,
    row: &QuestionRow,
    standing: Option<&Standing>,
    draft: Option<&AnswerDraft>,
    today: NaiveDate,
) -> Forms {
    let verdict = &row.verdict;
    let block = verdict.category.as_ref().and_then(|code| names.entry(code.as_str())).map(|category| &category.block);
    let may = |action| visit.may(action).is_some_and(|scope| scope.covers(block));
    let (open, held) = (verdict.state < State::Answered, verdict.body.is_some());
    let correct = may(Action::Correct);
    let chosen = |all: Vec<(String, String)>, now: Option<&str>| {
        all.into_iter().map(|(code, name)| (code.clone(), name, Some(code.as_str()) == now)).collect::<Vec<_>>()
    };
    let category = verdict.category.as_ref().map(|code| code.as_str());
    let reach = visit.may(Action::Correct);
    let within = |category: &veche_domain::dictionary::Category| {
        reach.as_ref().is_some_and(|scope| scope.covers(Some(&category.block)))
    };
    let due = standing.and_then(|standing| standing.due_at);
    let least = due.map_or(today, |due| veche_domain::calendar::local_date(due, page.zone)).succ_opt();
    Forms {
        version: row.version,
        once: uuid::Uuid::now_v7().to_string(),
        categories: if correct {
            let all = names.categories(today, &within).into_iter();
            all.map(|(block, list)| (block, chosen(list, category))).collect()
        } else {
            Vec::new()
        },
        bodies: if correct { chosen(names.bodies(), verdict.body.as_ref().map(|b| b.as_str())) } else { Vec::new() },
        correct,
        draft: open && held && may(Action::DraftAnswers),
        approve: open && held && may(Action::ApproveAnswers),
        has_draft: draft.is_some(),
        drafted: Draft {
            text: draft.map(|draft| draft.text.clone()).unwrap_or_default(),
            author: draft
                .map(|d| d.author.strip_prefix("account:").unwrap_or(&d.author).to_owned())
                .unwrap_or_default(),
            substance: match draft.and_then(|draft| draft.in_substance) {
                Some(true) => "yes",
                Some(false) => "no",
                None => "",
            },
            version: draft.map_or(0, |draft| draft.version),
        },
        extend: open && held && due.is_some_and(|due| due > page.now) && may(Action::ApproveAnswers),
        least_day: least.unwrap_or(today).to_string(),
        react: verdict.state == State::Assigned && held && may(Action::FollowUp),
        close: verdict.state == State::Answered && may(Action::FollowUp),
        reopen: verdict.state >= State::Answered && may(Action::FollowUp),
        mark: verdict.state >= State::Answered && may(Action::FollowUp),
    }
}
