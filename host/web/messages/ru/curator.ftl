nav-indicators = Показатели
nav-exports = Отчёты и выгрузки

curator-sections = Разделы показателей
curator-section-indicators = Показатели
curator-section-passports = Паспорта
curator-section-ratings = Рейтинг
curator-section-workload = Нагрузка
curator-section-categories = Категории
curator-section-municipalities = Муниципалитеты

curator-kind-day = День
curator-kind-week = Неделя
curator-kind-month = Месяц
curator-kind-quarter = Квартал
curator-kind-year = Год
curator-quarter = { $quarter } квартал { $year }
curator-year = { $year } год
curator-year-short = Год
curator-period = Период
curator-period-before = Предыдущий период
curator-period-after = Следующий период
curator-period-kind = Вид периода
curator-period-day = Любой день периода
curator-period-show = Показать
curator-period-running = период ещё идёт
curator-before = Предыдущие
curator-after = Следующие

curator-indicators-title = Показатели
curator-indicator = Показатель
curator-show-all = Все
curator-show-official = Официальные
curator-show-preliminary = Предварительные
curator-official = официальный
curator-preliminary = предварительный
curator-group-mandatory = Обязательные
curator-group-additional = Дополнительные
curator-group-built-in = Для наблюдения
curator-origin = Откуда значение
curator-origin-formula = считается по обращениям
curator-origin-entered = вносится из источника
curator-origin-plugin = считает плагин
curator-fact = Факт
curator-plan = План
curator-plan-of = план на { $period }
curator-change = К прошлому
curator-made-of = Числитель / знаменатель
curator-made-of-hint = Под каждым значением стоит то, из чего оно получено: числитель, знаменатель и сколько вопросов по определению не учтено. Нажмите на них, чтобы увидеть сами обращения.
curator-numerator = Числитель
curator-denominator = Знаменатель
curator-excluded = Не учтено
curator-light-green = выполнен
curator-light-yellow = близко
curator-light-red = не выполнен
curator-not-measured = не рассчитан
curator-nothing-measured = За { $period } значений нет
curator-nothing-measured-do = Расписание считает период, когда он закончится. Если значения нужны сейчас, нажмите «Рассчитать».
curator-nothing-measured-wait = Расписание считает период, когда он закончится. Выберите другой период или попросите руководителя центра рассчитать этот.
curator-binding-fault = Плагин не отвечает: { $fault }

curator-measure = Рассчитать
curator-measure-again = Пересчитать
curator-job-waiting = Ждёт очереди
curator-job-running = Выполняется
curator-job-done = Готово
curator-job-cancelled = Отменено
curator-job-failed = Не удалось
curator-job-progress = Сколько выполнено
curator-job-refresh = Обновить
curator-job-cancel = Отменить
curator-job-results = Показать значения
curator-job-faults = { $count ->
    [one] Не рассчитан { $count } показатель
    [few] Не рассчитаны { $count } показателя
   *[other] Не рассчитано { $count } показателей
}
curator-job-over = Отменять нечего: всё уже закончено.
curator-job-was-cancelled = Расчёт отменён. То, что уже рассчитано, осталось.

curator-trend = Как менялся
curator-trend-label = График: { $title }. Те же числа стоят в таблице ниже.
curator-trend-table = Таблица значений
curator-parts = Из чего складывается
curator-part = Часть
curator-bar = Сравнение
curator-parts-none = За этот период частей нет. Рассчитайте период или выберите другой.
curator-by-block = Блок
curator-by-category = Категория
curator-by-body = Орган
curator-by-municipality = Муниципалитет
curator-by-channel = Канал
curator-whole-region = Весь регион
curator-about = О показателе
curator-code = Код
curator-release = Версия плагина
curator-ruleset = набор правил
curator-function = Функция центра
curator-unit = Единица
curator-better = Лучше, когда
curator-better-more = больше
curator-better-less = меньше
curator-better-none = не определено
curator-deadline = Достичь к
curator-basis = Основание
curator-unit-appeals = вопр.
curator-unit-hours = ч
curator-function-feedback = Обратная связь
curator-function-monitoring = Мониторинг и реагирование
curator-function-training = Обучение
curator-function-competences = Компетенции
curator-function-sociology = Социология
curator-function-informing = Информирование
curator-function-processes = Процессы
curator-cut-off = по данным на { $at }
curator-revision = Расчёт №
curator-revisions = Расчёты этого периода
curator-revisions-none = Расчётов ещё не было.
curator-revision-newest = действует
curator-from-source = Источник: { $source }
curator-target = Целевое значение
curator-target-hint = Пустое поле снимает цель.
curator-target-set = Целевое значение сохранено.
curator-target-taken = Целевое значение снято.
curator-target-of = Целевое значение: { $name }
curator-targets-save = Сохранить целевые значения
curator-targets-of = Цели на { $period }. Пустое поле снимает цель.
curator-targets-set = Целевые значения сохранены.

curator-behind-title = Что стоит за числом
curator-behind-sides = Части числа
curator-behind-count = { $count ->
    [one] Найден { $count } вопрос.
    [few] Найдено { $count } вопроса.
   *[other] Найдено { $count } вопросов.
}
curator-behind-measured = В расчёте: { $number }.
curator-behind-differs = Числа расходятся: после расчёта обращения изменились. Пересчитайте показатель, чтобы увидеть нынешнее значение.
curator-behind-narrowed = Вы видите вопросы только своих блоков, расчёт сделан по всему региону.
curator-behind-opaque = Значение вычисляет плагин или оно внесено из источника: какие вопросы вошли в числитель, программа не знает. Ниже вопросы, поступившие за период.
curator-behind-none = Таких вопросов нет
curator-behind-none-why = В этой части числа за период ничего не нашлось. Посмотрите другую часть или другой период.
curator-received = Поступило
curator-question = Обращение
curator-question-number = вопрос { $count }
curator-questions = Вопросов
curator-due = Срок
curator-answered = Ответ
curator-mark = Оценка
curator-no-text = Без текста

curator-values-title = Внести значения
curator-values-why = Часть обязательных показателей считается не по обращениям, а берётся из других систем. У каждого такого значения есть источник и его дата.
curator-values-none = Вносить нечего
curator-values-none-why = В действующем наборе нет показателей, которые вносят вручную. Набор загружает администратор.
curator-values-one = Одно значение
curator-values-file = Много значений из файла
curator-values-file-label = Файл CSV, XLSX или JSON
curator-values-file-hint = Столбцы: indicator, first, last, value, source, source_date и, если известны, numerator, denominator. Строки с ошибками не загружаются и перечисляются.
curator-values-import = Загрузить
curator-values-entered = Внесённые значения
curator-values-entered-none = Пока ничего не внесено.
curator-value = Значение
curator-value-enter = Внести значение
curator-value-entered = Значение внесено.
curator-value-known = Такое же значение уже внесено.
curator-first-day = Первый день периода
curator-last-day = Последний день периода
curator-source = Источник
curator-source-date = Дата источника
curator-by = Кто и когда
curator-choose = Выберите
curator-imported-new = { $count ->
    [one] Внесено { $count } новое значение.
    [few] Внесено { $count } новых значения.
   *[other] Внесено { $count } новых значений.
}
curator-imported-known = { $count ->
    [one] Уже было { $count } значение.
    [few] Уже было { $count } значения.
   *[other] Уже было { $count } значений.
}
curator-imported-rejected = Не загружены строки:
curator-imported-more = { $count ->
    [one] И ещё { $count } строка.
    [few] И ещё { $count } строки.
   *[other] И ещё { $count } строк.
}

curator-passports-title = Паспорта дополнительных показателей
curator-passport = Паспорт
curator-passport-new-title = Новый паспорт показателя
curator-passport-edit-title = Паспорт показателя: черновик
curator-passports-none = Паспортов пока нет
curator-passports-none-why = Дополнительный показатель становится официальным, когда куратор утвердит его паспорт. Паспорт готовит ответственный за блок или руководитель центра.
curator-passport-yours = ждёт вас
curator-author = Автор
curator-agreed-by = Согласовал
curator-approved-by = Утвердил
curator-changed = Изменён
curator-passport-draft = Черновик
curator-passport-submitted = На согласовании
curator-passport-agreed = Согласован
curator-passport-approved = Утверждён
curator-passport-active = Действует
curator-passport-archived = В архиве
curator-passport-errors = { $count ->
    [one] В паспорте { $count } ошибка
    [few] В паспорте { $count } ошибки
   *[other] В паспорте { $count } ошибок
}
curator-passport-warnings = На что обратить внимание
curator-passport-digest = Отпечаток содержания
curator-passport-mend = Исправьте то, что отмечено у полей. Черновик можно сохранить и с ошибками, но годы плана и базовое значение в нём уже должны быть числами.
curator-passport-kept = Черновик сохранён, ошибок нет.
curator-passport-kept-with-faults = Черновик сохранён. До передачи на согласование исправьте отмеченное.
curator-passport-fixed = Паспорт уже передан и не меняется. Нужен другой текст — подготовьте новый паспорт.
curator-passport-save = Сохранить черновик
curator-cancel = Не сохранять
curator-edit = Изменить
curator-document = Скачать DOCX
curator-passport-what = Показатель и основание
curator-passport-plan = План и срок
curator-passport-how = Характеристики и порядок расчёта
curator-passport-links = Связь с обязательными показателями
curator-field-indicator = Показатель плагина
curator-field-release = Версия плагина
curator-field-title = Наименование
curator-field-basis-project = Проект
curator-field-basis-result = Формулировка результата проекта
curator-field-owner = Ответственный
curator-field-blocks = Отраслевые блоки
curator-field-justification = Обоснование
curator-field-from = Первый год плана
curator-field-to = Последний год плана
curator-field-years = Годы плана
curator-field-plan = План по годам
curator-field-deadline = Срок достижения
curator-field-qualitative = Качественные характеристики
curator-field-quantitative = Количественные характеристики
curator-field-quantitative-text = Количественные характеристики
curator-field-quantitative-unit = Единица
curator-field-base = Базовое значение
curator-field-decimals = Знаков после запятой
curator-field-method = Порядок расчёта
curator-field-links = Связи
curator-field-links-indicator = Обязательный показатель, связь
curator-field-links-characteristics = Как служит обязательному
curator-field-links-date = Дата достижения обязательного
curator-hint-title = Наименование повторяет формулировку результата слово в слово (пункт 22).
curator-hint-blocks = Если не выбран ни один, паспорт касается всего региона.
curator-hint-refine = Характеристики уточняют наименование, а не повторяют его.
curator-hint-method = Источник данных, числитель, знаменатель, когда пересчитывается.
curator-hint-links = Нужна хотя бы одна связь. Дата совпадает с датой обязательного показателя в действующем наборе.
curator-link-number = Связь { $count }
curator-link-none = Нет связи
curator-plan-year = Год, строка { $count }
curator-plan-value = Значение, строка { $count }
curator-date-shape = ДД.ММ.ГГГГ
curator-served = Обязательный показатель, которому служит
curator-served-none = Паспорт не связан ни с одним обязательным показателем.
curator-served-unknown = В действующем наборе нет показателя «{ $code }».
curator-served-deadline = Срок по набору
curator-served-no-deadline = в наборе не задан
curator-served-same-date = совпадает
curator-served-other-date = не совпадает с набором
curator-served-late = срок паспорта позже
curator-decision = Решение
curator-history = История
curator-reason = Причина
curator-step-submit = Передать на согласование
curator-step-submit-sure = Передать паспорт на согласование? После этого его текст не меняется.
curator-step-agree = Согласовать
curator-step-agree-sure = Согласовать паспорт?
curator-step-approve = Утвердить
curator-step-approve-sure = Утвердить паспорт именно в этой редакции?
curator-step-activate = Ввести в действие
curator-step-activate-sure = Ввести в действие? Значения показателя станут официальными.
curator-step-reject = Вернуть автору
curator-step-archive = В архив
curator-done-written = Текст сохранён
curator-done-submit = Передан на согласование
curator-done-agree = Согласован
curator-done-approve = Утверждён
curator-done-activate = Введён в действие
curator-done-reject = Возвращён автору
curator-done-archive = Отправлен в архив
curator-was-submit = Паспорт передан на согласование.
curator-was-agree = Паспорт согласован. Его утверждает куратор.
curator-was-approve = Паспорт утверждён.
curator-was-activate = Паспорт введён в действие: значения показателя официальные со следующего расчёта.
curator-was-reject = Паспорт возвращён автору.
curator-was-archive = Паспорт в архиве.
curator-barred-faults = Дальше паспорт не пройдёт, пока в нём есть ошибки. Они перечислены на этой странице.
curator-barred-author = Вы автор этого паспорта: согласует и утверждает его кто-то другой.
curator-barred-agreed = Вы согласовали этот паспорт: утверждает его кто-то другой.
curator-barred-not-author = Это чужой черновик: передаёт его на согласование автор.

curator-ratings-title = Рейтинг органов
curator-rating-title = Рейтинг органов
curator-rating-rules = Как считается рейтинг
curator-rating-rules-version = Правила { $version }.
curator-rating-threshold = { $count ->
    [one] В рейтинг входят органы, у которых за период не меньше { $count } вопроса.
    [few] В рейтинг входят органы, у которых за период не меньше { $count } вопросов.
   *[other] В рейтинг входят органы, у которых за период не меньше { $count } вопросов.
}
curator-rating-no-rules = Для этого периода правил рейтинга нет. Их задаёт руководитель центра.
curator-criterion = Критерий
curator-criterion-quantity = Количество
curator-criterion-quality = Качество
curator-criterion-speed = Скорость
curator-criterion-completeness = Полнота
curator-criterion-none = нет данных
curator-weight = Вес
curator-scale = От 0 до 100 баллов
curator-zone-green = зелёная зона
curator-zone-yellow = жёлтая зона
curator-zone-red = красная зона
curator-zone-from = от { $points }
curator-rating-calculate = Новый расчёт
curator-rating-calculate-why = Прежние расчёты остаются. Публикует рейтинг куратор.
curator-rating-calculate-for = Рассчитать за { $period }
curator-rating-calculated = Рейтинг рассчитан.
curator-ratings-none = Рейтингов пока нет
curator-ratings-none-why = Рейтинг рассчитывает руководитель центра, публикует куратор. После этого он появится здесь.
curator-state = Состояние
curator-rated = В рейтинге
curator-not-rated = Вне рейтинга
curator-rating-best = Первое место
curator-rating-draft = Не опубликован
curator-rating-published = Опубликован
curator-rating-withdrawn = Снят с публикации
curator-rating-publish = Опубликовать
curator-rating-publish-sure = Опубликовать рейтинг? Его увидят все сотрудники региона.
curator-rating-withdraw = Снять с публикации
curator-rating-withdraw-sure = Снять рейтинг с публикации?
curator-rating-was-published = Рейтинг опубликован.
curator-rating-was-withdrawn = Рейтинг снят с публикации.
curator-rating-moved = Состояние рейтинга уже изменил кто-то другой.
curator-rating-empty = Оценивать некого
curator-rating-empty-why = За период ни один орган не получил вопросов. Выберите другой период.
curator-place = Место
curator-place-shared = поделено
curator-score = Баллы
curator-why-score = Почему столько

curator-workload-title = Нагрузка блоков и штат
curator-workload-wanted = Желаемая загрузка, %
curator-workload-count = Пересчитать
curator-workload-load = Загрузка
curator-workload-over = перегружен
curator-workload-work = Работа / время сотрудников
curator-workload-staff = Сотрудников
curator-workload-needed = Нужно
curator-workload-proposal = Предложение
curator-workload-hint = Загрузка: вопросы × минуты на один ÷ рабочее время сотрудников. Рабочее время одного человека взято из производственного календаря.
curator-workload-none = Нагрузку считать не по чему
curator-workload-none-why = В наборе показателей не указаны время на один вопрос и рабочее время сотрудников блоков. Их задаёт администратор при загрузке набора.

curator-categories-title = Категории и целевые значения
curator-other = прочие
curator-tasks = Декомпозиция «прочих»
curator-tasks-why = В этих блоках «прочих» больше порога. Посмотрите, о чём пишут, и выделите новые категории (пункт 20).
curator-task-open = ждёт решения
curator-task-accepted = категории выделены
curator-task-dismissed = ничего не выделено
curator-task-share = «прочих» { $share }
curator-task-threshold = порог { $threshold }
curator-task-read = { $count ->
    [one] прочитан { $count } вопрос
    [few] прочитано { $count } вопроса
   *[other] прочитано { $count } вопросов
}
curator-decomposition-title = Декомпозиция «прочих»
curator-splits = Что можно выделить
curator-splits-none = Общих слов, по которым можно выделить категорию, не нашлось.
curator-split-appeals = { $count ->
    [one] { $count } обращение
    [few] { $count } обращения
   *[other] { $count } обращений
}
curator-split-examples = примеры
curator-category-name = Название
curator-category-name-en = Название по-английски
curator-valid-from = Действует с
curator-accept = Выделить заполненные категории
curator-accept-hint = Новые категории войдут в новую версию справочников. Решать по ним обращения будет следующий набор правил.
curator-dismiss = Ничего не выделять
curator-terms = Частые слова
curator-terms-why = Слова, которые в «прочих» встречаются чаще, чем в остальном блоке.
curator-term = Слово
curator-term-appeals = Обращений
curator-task-over = Решение уже принято кем-то другим.
curator-task-was-accepted = Категории выделены: готова новая версия справочников.
curator-task-was-dismissed = Решено ничего не выделять.

curator-municipalities-title = Муниципалитеты
curator-municipalities-hint = Нажмите на название столбца, чтобы упорядочить по нему. Полоса зелёная, когда значение не хуже, чем по региону, и красная, когда хуже.

curator-exports-title = Отчёты и выгрузки
curator-exporters-none = Выгружать нечем
curator-exporters-none-why = В действующем наборе правил нет плагинов выгрузки. Их включает администратор.
curator-export-new = Новый файл за { $period }
curator-export-format = Что подготовить
curator-export-make = Подготовить файл
curator-export-more = Язык и параметры
curator-export-language = Язык заголовков
curator-export-language-region = Как в регионе
curator-export-options = Параметры
curator-export-options-hint = По одному в строке: имя=значение. Например, list=yes добавляет в отчёт губернатору перечень вопросов.
curator-subject-appeals = строка на каждый вопрос обращений за период
curator-subject-measurements = значения показателей за период
curator-subject-ratings = опубликованные рейтинги за период
curator-exports-none = Файлов пока нет
curator-exports-none-why = Выберите период и что подготовить. Готовый файл появится здесь.
curator-exports-made = Подготовленные файлы
curator-export-title = Файл
curator-export-file = Файл
curator-export-rows = Строк
curator-export-size = Размер
curator-export-until = Хранится до
curator-export-ready = Готов
curator-export-gone = Удалён
curator-export-gone-why = Срок хранения истёк, файл удалён. Подготовьте его заново.
curator-export-personal = персональные данные
curator-export-download = Скачать
curator-export-asked = Файл готовится.
curator-export-was-cancelled = Выгрузка отменена, от неё ничего не осталось.
curator-export-blocks = только блоки: { $blocks }
curator-export-skipped = { $count ->
    [one] { $count } строка не вошла
    [few] { $count } строки не вошли
   *[other] { $count } строк не вошло
}
curator-preview-title = Предпросмотр
curator-preview-back = К файлу
curator-preview-sheet = лист «{ $sheet }»
curator-preview-logged = просмотр записан в журнал
curator-preview-more = Показано только начало файла.
curator-preview-none = Этот файл здесь не показать
curator-preview-none-why = Предпросмотр есть у таблиц и текстов. Скачайте файл, чтобы открыть его в своей программе.
curator-bytes = { $size } Б
curator-kib = { $size } КБ
curator-mib = { $size } МБ

curator-wrong-future = Этот период ещё не начался: считать нечего.
curator-wrong-upside-down = Последний день раньше первого.
curator-wrong-period = Такого периода нет: нужны даты между 2000 и 2100 годами.
curator-wrong-unknown = Такого нет: «{ $code }». Обновите страницу и выберите из списка.
curator-wrong-changed = Пока страница была открыта, это изменил кто-то другой. Откройте её заново и повторите изменение; ваш текст в форме ниже.
curator-wrong-number = Нужно число, например 85 или 85,5.
curator-wrong-date = Нужна дата.
curator-wrong-choose = Выберите из списка.
curator-wrong-source = Укажите источник: до 500 знаков.
curator-wrong-source-date = Дата источника в будущем.
curator-wrong-file = Файл не прочитан: нужна таблица CSV или XLSX либо JSON, не пустая.
curator-wrong-table = Файл не прочитан: { $reason }
curator-wrong-year = Нужны годы цифрами, например 2026.
curator-wrong-plan = В плане нужны год и число: «{ $year }», «{ $value }».
curator-wrong-target-number = «{ $value }» — не число. Ничего не сохранено.
curator-wrong-target = Желаемая загрузка — число от 10 до 150.
curator-wrong-value = Нужно число.
curator-wrong-reason = Укажите причину: от 1 до 2000 знаков.
curator-wrong-rules = Для этого периода нет правил рейтинга.
curator-wrong-passport-state = Этот шаг уже сделал кто-то другой: посмотрите на нынешнее состояние паспорта.
curator-wrong-alone = Этот шаг должен сделать другой человек: автор не согласует и не утверждает свой паспорт, согласовавший не утверждает.
curator-wrong-category = Для категории «{ $code }» нужны код вида блок.слово (латиница) и название.
curator-wrong-categories = Заполните код и название хотя бы одной категории.
curator-wrong-valid-from = Категория начинает действовать сегодня или позже: прошлое не переписывается.
curator-wrong-options = Параметры пишутся по одному в строке: имя=значение.
curator-wrong-personal = В этом файле персональные данные заявителей: он доступен тем, кому разрешено их открывать.
