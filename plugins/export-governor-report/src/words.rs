//! What the workbook says, in Russian and English.

/// Texts of one language.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    english: bool,
    pub(crate) sheets: [&'static str; 7],
    pub(crate) title: &'static str,
    pub(crate) basis: &'static str,
    pub(crate) none: &'static str,
    pub(crate) block: &'static str,
    pub(crate) body: &'static str,
    pub(crate) category: &'static str,
    pub(crate) channel: &'static str,
    pub(crate) municipality: &'static str,
    pub(crate) day: &'static str,
    /// Columns of counts, as `sheets::counts` writes them.
    pub(crate) counts: [&'static str; 9],
    /// Columns of lists.
    pub(crate) list: [&'static str; 9],
    /// Columns of indicators.
    pub(crate) indicator: [&'static str; 5],
    /// Indicators, as `sheets::indicators` writes them.
    pub(crate) indicators: [&'static str; 10],
    pub(crate) hours: &'static str,
}

const RUSSIAN: Words = Words {
    english: false,
    sheets: ["Сводка", "Блоки", "Органы", "Категории", "Показатели", "Просрочки", "Вопросы"],
    title: "Доклад о работе с обращениями граждан",
    basis: "Вопросы обращений, поступивших за период; состояние на момент выгрузки",
    none: "не определено",
    block: "Отраслевой блок",
    body: "Орган",
    category: "Категория",
    channel: "Канал",
    municipality: "Муниципалитет",
    day: "День",
    counts: [
        "Поступило",
        "Ответ дан",
        "Закрыто",
        "Просрочено",
        "Ответ в срок",
        "Со сроком",
        "В срок, %",
        "Оценок",
        "Средняя оценка",
    ],
    list: ["Номер", "Поступило", "Канал", "Муниципалитет", "Блок", "Категория", "Орган", "Срок ответа", "Состояние"],
    indicator: ["Показатель", "Единица", "Значение", "Числитель", "Знаменатель"],
    indicators: [
        "Доля ответов в срок",
        "Просрочено сейчас",
        "Среднее время первой реакции",
        "Удовлетворённость (оценки 4 и 5)",
        "Доля доставленных автоматически",
        "Доля перенаправленных",
        "Доля повторных",
        "Доля возвратов в работу",
        "Доля решённых по существу",
        "Доля категории «прочие»",
    ],
    hours: "рабочих часов",
};

const ENGLISH: Words = Words {
    english: true,
    sheets: ["Summary", "Blocks", "Bodies", "Categories", "Indicators", "Overdue", "Questions"],
    title: "Report on citizens' appeals",
    basis: "Questions of the appeals received in the period, as they stood when the file was made",
    none: "not known",
    block: "Block",
    body: "Body",
    category: "Category",
    channel: "Channel",
    municipality: "Municipality",
    day: "Day",
    counts: ["Received", "Answered", "Closed", "Overdue", "In time", "With a term", "In time, %", "Marks", "Mean mark"],
    list: ["Number", "Received", "Channel", "Municipality", "Block", "Category", "Body", "Due", "State"],
    indicator: ["Indicator", "Unit", "Value", "Numerator", "Denominator"],
    indicators: [
        "Answered in time",
        "Overdue now",
        "Mean time to the first reaction",
        "Satisfied (marks 4 and 5)",
        "Delivered automatically",
        "Redirected",
        "Repeated",
        "Reopened",
        "Solved in substance",
        "Share of `other`",
    ],
    hours: "working hours",
};

impl Words {
    pub(crate) fn of(language: &str) -> &'static Self {
        if language.starts_with("en") { &ENGLISH } else { &RUSSIAN }
    }

    /// A channel or a state as the reader knows it; a code that is not known here stands for itself.
    pub(crate) fn of_code<'a>(&self, code: &'a str) -> &'a str {
        let (russian, english) = match code {
            "pos" => ("Платформа обратной связи", "Feedback platform (POS)"),
            "social" => ("Социальные сети", "Social networks"),
            "max" => ("MAX", "MAX"),
            "reception" => ("Личный приём", "Reception"),
            "phone" => ("Телефон", "Phone"),
            "email" => ("Электронная почта", "E-mail"),
            "letter" => ("Письмо", "Letter"),
            "portal" => ("Портал", "Portal"),
            "received" => ("Поступило", "Received"),
            "needs_person" => ("Ждёт решения", "Needs a person"),
            "assigned" => ("Назначено", "Assigned"),
            "in_progress" => ("В работе", "In progress"),
            "answered" => ("Отвечено", "Answered"),
            "closed" => ("Закрыто", "Closed"),
            code => (code, code),
        };
        if self.english { english } else { russian }
    }

    pub(crate) fn period(&self, first: &str, last: &str) -> String {
        if self.english { format!("From {first} to {last}") } else { format!("С {first} по {last}") }
    }

    pub(crate) fn cut(&self, sheet: &str, shown: usize, all: u64) -> String {
        match self.english {
            true => format!("Sheet {sheet}: {shown} of {all} are listed"),
            false => format!("Лист «{sheet}»: перечислено {shown} из {all}"),
        }
    }
}
