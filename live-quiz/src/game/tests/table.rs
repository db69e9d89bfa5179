//! A game with its people around it, as the service would hold them: the tests give commands and let time pass.

use crate::game::*;
use crate::replay::LogEntry;
use protocol::ids::QuizId;
use protocol::quiz::{ChoiceOption, GameCommand, GameState, PlayerPush, QuestionKind, You};
use rand::{SeedableRng, rngs::StdRng};
use uuid::Uuid;

pub struct Table {
    pub game: Game,
    pub log: Vec<LogEntry>,
    pub pushes: Vec<Push>,
    pub here: Connected,
    pub now: u64,
    rng: StdRng,
}

pub const OWNER: PersonId = PersonId(Uuid::from_u128(1));

pub fn host() -> Caller {
    Caller { user: UserId::person(OWNER), person: Some(OWNER), staff: true, latency_ms: 0 }
}

pub fn guest(n: u128) -> Caller {
    let user = UserId::guest(participant(n));
    Caller { user, person: None, staff: false, latency_ms: 0 }
}

pub fn participant(n: u128) -> ParticipantId {
    ParticipantId(Uuid::from_u128(1_000 + n))
}

pub fn options<const N: usize>(texts: [&str; N]) -> Vec<ChoiceOption> {
    texts.map(|text| ChoiceOption { text: text.to_owned(), image: None }).to_vec()
}

pub fn question(kind: QuestionKind) -> Question {
    Question {
        prompt: "Which?".into(),
        image: None,
        time_limit_s: 20,
        points: 1,
        explanation: None,
        skills: Vec::new(),
        kind,
    }
}

/// Right is choice 0.
pub fn single() -> Question {
    question(QuestionKind::SingleChoice { options: options(["a", "b", "c"]), correct: 0 })
}

pub fn poll() -> Question {
    question(QuestionKind::Poll { options: options(["yes", "no"]) })
}

pub fn opened(questions: Vec<Question>, settings: GameSettings) -> Opened {
    Opened {
        game: GameId(Uuid::from_u128(7)),
        quiz: QuizId(Uuid::from_u128(8)),
        version: 1,
        title: "Rivers".into(),
        content: QuizContent { title: "Rivers".into(), description: String::new(), questions },
        settings,
        owner: OWNER,
        pin: "123456".into(),
    }
}

impl Table {
    /// A lobby with a connected host and `players` connected guests.
    pub fn new(questions: Vec<Question>, players: u128) -> Self {
        Self::with(opened(questions, GameSettings::default()), players)
    }

    pub fn with(opened: Opened, players: u128) -> Self {
        let now = 1_000_000;
        let first = Entry::Opened(Box::new(opened.clone()));
        let mut table = Self {
            game: Game::from_opened(1, now, opened),
            log: vec![LogEntry { seq: 1, at: now, entry: first }],
            pushes: Vec::new(),
            here: Connected::nobody(now),
            now,
            rng: StdRng::seed_from_u64(11),
        };
        table.here.connect(&host().user, true, now);
        for n in 1..=players {
            table.enter(n).unwrap();
        }
        table
    }

    pub fn append(&mut self, entries: Vec<Entry>) {
        for entry in entries {
            let seq = self.game.seq() + 1;
            self.game.apply(seq, self.now, &entry);
            self.pushes.extend(self.game.pushes(seq, self.now, &entry));
            self.log.push(LogEntry { seq, at: self.now, entry });
        }
    }

    pub fn request(n: u128) -> JoinRequest {
        JoinRequest {
            participant: participant(n),
            user: guest(n).user,
            person: None,
            name: JoinName::Chosen(format!("Player {n}")),
            time_factor: 1.0,
        }
    }

    pub fn join(&mut self, request: &JoinRequest) -> Result<ParticipantId, Refusal> {
        let admission = self.game.join(request)?;
        self.append(admission.entries);
        Ok(admission.participant)
    }

    /// Guest `n` joins and connects.
    pub fn enter(&mut self, n: u128) -> Result<ParticipantId, Refusal> {
        let id = self.join(&Self::request(n))?;
        self.here.connect(&guest(n).user, false, self.now);
        Ok(id)
    }

    pub fn leave(&mut self, n: u128) {
        self.here.disconnect(&guest(n).user, false, self.now);
        self.settle();
    }

    pub fn give(&mut self, caller: &Caller, command: &GameCommand) -> Result<Outcome, Refusal> {
        let decision = self.game.decide(self.now, &self.here, caller, command, &mut self.rng)?;
        self.append(decision.entries);
        self.settle();
        Ok(decision.outcome)
    }

    pub fn lead(&mut self, command: &GameCommand) {
        self.give(&host(), command).unwrap();
    }

    pub fn next(&mut self) {
        self.lead(&GameCommand::Next { seq: None });
    }

    /// From lobby or board to the open question.
    pub fn open_next(&mut self) {
        self.next();
        self.next();
        assert_eq!(self.game.phase(), Phase::Open);
    }

    pub fn answer(&mut self, caller: &Caller, op: &str, answer: AnswerValue) -> Result<Outcome, Refusal> {
        let question = self.game.rounds.last().map_or(0, |round| round.question);
        self.give(caller, &GameCommand::Answer { question, op: op.into(), answer })
    }

    pub fn choose(&mut self, n: u128, choice: usize) -> Result<Outcome, Refusal> {
        self.answer(&guest(n), "op", AnswerValue::Choice(choice))
    }

    /// What is due now, as a room would take it.
    pub fn settle(&mut self) {
        for _ in 0..20 {
            let entries = self.game.due(self.now, &self.here, &mut self.rng);
            if entries.is_empty() {
                return;
            }
            self.append(entries);
        }
        panic!("something is due without end: {:?}", self.log.last());
    }

    /// Lets time pass, deadline by deadline.
    pub fn wait(&mut self, ms: u64) {
        let end = self.now + ms;
        while let Some(deadline) = self.game.next_deadline(&self.here).filter(|deadline| *deadline <= end) {
            self.now = self.now.max(deadline);
            let before = self.game.seq();
            self.settle();
            assert!(self.game.seq() > before, "a deadline at which nothing is due would spin");
        }
        self.now = end;
    }

    pub fn state(&self, caller: &Caller) -> GameState {
        self.game.view(self.now, &self.here, caller).unwrap()
    }

    /// Score, streak and rank as the player sees them.
    pub fn standing(&self, n: u128) -> (u32, u32, u32) {
        match self.state(&guest(n)).you {
            You::Player { score, streak, rank, .. } => (score, streak, rank),
            You::Host { .. } => panic!("a player expected"),
        }
    }

    pub fn results(&self) -> Vec<&PlayerPush> {
        let players = self.pushes.iter().filter_map(|push| match push {
            Push::Player(_, push @ PlayerPush::Result { .. }) => Some(push),
            _ => None,
        });
        players.collect()
    }

    pub fn count(&self, wanted: impl Fn(&Entry) -> bool) -> usize {
        self.log.iter().filter(|logged| wanted(&logged.entry)).count()
    }
}
