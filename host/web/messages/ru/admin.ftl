nav-plugins = Мои плагины
nav-releases = Плагины
nav-rules = Правила
nav-quarantine = Карантин
nav-datasets = Справочники
nav-accounts = Доступ
nav-audit = Журнал

admin-unit-bytes = байт
admin-unit-kib = КиБ
admin-unit-mib = МиБ
admin-unit-ms = мс
admin-unit-million = млн
admin-of = ({ $part } из { $whole })
admin-whole-region = Весь регион
admin-nothing = ничего
admin-never = ни разу
admin-cancel = Отмена
admin-show = Показать
admin-reset = Сбросить
admin-any = Любое
admin-required = обязательно
admin-actor-host = программа
admin-actor-cli = командная строка
admin-actor-region = регион
admin-actor-token = ключ API { $id }

admin-kind-categorizer = Определяет категорию
admin-kind-router = Выбирает исполнителя и сроки
admin-kind-indicators = Считает показатели
admin-kind-exporter = Выгружает файлы
admin-outcome-ok = Ответил
admin-outcome-no-opinion = Без ответа
admin-outcome-failed = Сообщил об ошибке
admin-outcome-rejected = Ответ не принят
admin-outcome-trap = Аварийная остановка
admin-outcome-limit = Превышен предел
admin-outcome-host-error = Сбой программы
admin-stage-draft = Черновик
admin-stage-validated = Проверен
admin-stage-shadow = Тень
admin-stage-canary = Доля обращений
admin-stage-active = Действует
admin-stage-archived = В архиве
admin-job-waiting = Ждёт очереди
admin-job-running = Выполняется
admin-job-done = Готово
admin-job-cancelled = Отменено
admin-job-failed = Не удалось
admin-event-created = Создан черновик
admin-event-edited = Изменён черновик
admin-event-validated = Черновик проверен
admin-event-deleted = Черновик удалён
admin-event-consented = Получено согласие
admin-event-shadowed = Выпущен в тень
admin-event-canaried = Выпущен на долю обращений
admin-event-withdrawn = Отозван сотрудником
admin-event-taken-back = Отозван программой
admin-event-activated = Введён в действие
admin-event-rolled-back = Возвращён прежний набор
admin-event-uploaded = Загружена версия плагина
admin-event-signed = Версия подписана
admin-event-yanked = Версия отозвана
admin-event-release-deleted = Версия удалена
admin-event-name-given = Название передано
admin-event-dataset-uploaded = Загружен справочник
admin-event-policy = Изменены условия смены правил
admin-event-data-digest = дайджест
admin-event-data-plugin = плагин
admin-event-data-percent = доля, %
admin-event-data-questions = вопросов
admin-event-data-block = блок
admin-event-data-name = название
admin-event-data-dataset = справочник
admin-event-data-owner = владелец
admin-event-data-publisher = издатель
admin-deed-correct = Исправление обращения
admin-deed-activate-ruleset = Смена действующих правил
admin-deed-change-rules = Изменение правил
admin-deed-upload-release = Загрузка версии плагина
admin-deed-load-region = Загрузка региона
admin-deed-create-account = Новая учётная запись
admin-deed-change-account = Изменение учётной записи
admin-deed-sign-in = Вход
admin-deed-lock-out = Блокировка входа
admin-deed-end-sessions = Завершение сеансов
admin-deed-create-token = Новый ключ API
admin-deed-revoke-token = Отзыв ключа API
admin-deed-read-personal-data = Просмотр данных заявителя
admin-deed-export-person = Выгрузка записей о человеке
admin-deed-erase-person = Стирание данных человека
admin-deed-rotate-keys = Смена ключей шифрования
admin-deed-change-indicators = Изменение показателей
admin-deed-move-passport = Движение паспорта показателя
admin-deed-request-export = Запрос выгрузки
admin-deed-cancel-export = Отмена выгрузки
admin-deed-fetch-export = Получение выгрузки
admin-deed-change-rating = Изменение рейтинга
admin-quarantine-event-quarantined = Отправлен в карантин
admin-quarantine-event-trial-failed = Пробный вызов не удался
admin-quarantine-event-recovered = Вернулся после удачного вызова
admin-quarantine-event-released = Выпущен вручную
admin-shape-table = Таблица (CSV)
admin-shape-polygons = Границы на карте (GeoJSON)
admin-shape-blob = Произвольный файл
admin-limit-fuel = Вычисления за вызов
admin-limit-wall-ms = Время вызова
admin-limit-memory = Память вызова
admin-limit-memories = Областей памяти
admin-limit-tables = Таблиц
admin-limit-table-elements = Элементов в таблицах
admin-limit-instances = Экземпляров модулей
admin-limit-stack = Стек
admin-limit-input-bytes = Объём входных текстов
admin-limit-output-bytes = Объём ответа
admin-limit-output-items = Элементов в ответе
admin-limit-nesting = Вложенность схемы настроек
admin-limit-host-calls = Обращений к программе за вызов
admin-limit-host-bytes = Обмен с программой
admin-limit-handles = Одновременно открытых объектов
admin-limit-log-lines = Строк журнала
admin-limit-log-bytes = Объём журнала
admin-limit-configure-fuel = Вычисления при настройке
admin-limit-configure-ms = Время настройки
admin-limit-configure-memory = Память после настройки
admin-limit-configure-host-calls = Обращений к программе при настройке
admin-limit-configure-host-bytes = Обмен с программой при настройке
admin-limit-snapshot-size = Размер снимка после настройки
admin-limit-component-size = Размер файла плагина
admin-limit-modules = Модулей
admin-limit-functions = Функций
admin-limit-function-size = Размер одной функции
admin-limit-types = Типов
admin-limit-imports = Импортов
admin-limit-exports = Экспортов
admin-limit-depth = Вложенность компонентов
admin-limit-compile-ms = Время компиляции
admin-limit-compile-cpu-ms = Процессорное время компиляции
admin-limit-compile-memory = Память компиляции

admin-releases-title = Плагины и версии
admin-releases-empty = Плагинов пока нет
admin-releases-empty-upload = Загрузите файл плагина (.wasm): после проверки он появится здесь, и его можно будет включить в наборе правил.
admin-releases-empty-ask = Версии плагинов загружает разработчик региона. Попросите его загрузить первую.
admin-upload-label = Новая версия плагина
admin-upload-send = Загрузить
admin-upload-hint = Перетащите сюда файл .wasm или выберите его. До сохранения файл проверяется целиком: что плагин делает, к чему просит доступ, подходит ли он по размеру.
admin-upload-progress = Загрузка файла
admin-upload-checking = Файл передан, идёт проверка…
admin-upload-nothing = Файл не выбран или пуст. Выберите файл и отправьте ещё раз.
admin-upload-not-wasm = «{ $file }» — не плагин: это не файл WebAssembly. Нужен файл .wasm, который собирает «veche plugin build».
admin-upload-refused = Плагин не принят
admin-upload-owned = Название этого плагина закреплено за другим владельцем. Выберите другое название или попросите администратора передать его вам.
admin-upload-done = Версия принята. Проверьте, что плагин делает и к чему просит доступ.
admin-upload-known = Эта версия уже была загружена раньше.
admin-owner = Владелец
admin-owner-give = Передать
admin-owner-give-do = Передать название
admin-owner-login = Логин нового владельца
admin-owner-hint = Только владелец загружает версии под этим названием. «region» — никто, кроме папки региона.
admin-owner-given = Название передано новому владельцу.
admin-owner-unknown = Название не передано: такой учётной записи нет. Проверьте логин.
admin-version = Версия
admin-kinds = Что делает
admin-state = Состояние
admin-signature = Подпись
admin-uploaded = Загружено
admin-yanked = Отозвана
admin-in-use = Используется
admin-not-in-use = Не используется
admin-sees-people = Видит заявителей
admin-signed-mark = Подписано
admin-unsigned = Без подписи
admin-unsigned-refused = Регион требует подписи: включить эту версию нельзя.

admin-yanked-why = Версия отозвана: { $reason }. Где она работает, она продолжит работать, но включить её заново нельзя.
admin-what-it-may = Что плагин делает и к чему имеет доступ
admin-does = Делает
admin-permissions-none = Плагин не просит никаких разрешений.
admin-permissions-else = Кроме этого плагин видит только обращение, с которым работает. Сети, файлов и часов у него нет.
admin-sensitive = Персональные данные
admin-stubs = Собран с WASI
admin-stubs-why = Эти интерфейсы плагин получает в виде неизменных заглушек: они ничего не открывают наружу.
admin-about = Сведения
admin-plugin = Плагин
admin-digest = Дайджест
admin-size = Размер
admin-contract = Версия контракта
admin-bindings = Включён как
admin-bindings-none = нигде не включён
admin-meta-authors = Авторы
admin-meta-licences = Лицензия
admin-meta-source = Исходный код
admin-meta-homepage = Сайт
admin-meta-revision = Ревизия
admin-meta-description = Описание
admin-usage = Вызовы за две недели
admin-usage-none = За последние две недели плагин этой версии не вызывался.
admin-usage-calls = Вызовы по дням
admin-usage-time = Время вызова, мс
admin-usage-fuel = Вычисления за вызов, млн единиц
admin-usage-table = Вызовы, время и вычисления по дням
admin-usage-good = Без сбоев
admin-usage-faults = Сбои
admin-usage-mean = В среднем
admin-usage-longest = Самый долгий
admin-usage-dearest = Самый тяжёлый
admin-usage-count = Вызовов
admin-usage-mean-time = Среднее время
admin-usage-longest-time = Наибольшее время
admin-usage-mean-fuel = Вычислений в среднем
admin-usage-most-fuel = Вычислений, больше всего
admin-usage-memory = Память, больше всего
admin-usage-classes = Сколько длились вызовы
admin-usage-class = Длительность
admin-usage-share = Доля
admin-usage-up-to = до { $time }
admin-usage-over = дольше { $time }
admin-day = День
admin-faults = Сбои
admin-fault = Сбой
admin-faults-none = Сбоев не было.
admin-binding = Включение
admin-appeal = Обращение
admin-backtrace = Стек вызовов
admin-backtrace-none = Стека нет: вызов завершился не аварийно.
admin-logs = Последние строки журнала плагина
admin-logs-none = Плагин ничего не написал в журнал.
admin-settings = Настройки
admin-settings-none = У плагина нет настроек.
admin-settings-empty = Настройки по умолчанию.
admin-setting = Поле
admin-setting-kind = Что вводится
admin-setting-meaning = Смысл
admin-setting-default = По умолчанию
admin-schema = Схема настроек целиком (JSON Schema)
admin-datasets-wanted = Нужные справочники
admin-columns = Столбцы
admin-limits = Пределы
admin-limits-why = Больше этого один вызов не получит. Класс выбирается при включении плагина.
admin-limit = Предел
admin-limits-all = Все пределы
admin-limits-class = Класс пределов
admin-limits-of-class = как в классе
admin-class-standard = Обычный
admin-class-large = Большой
admin-actions = Действия
admin-sign = Добавить подпись издателя
admin-sign-label = Содержимое файла .minisig
admin-sign-hint = Подпись принимается, только если она сделана доверенным ключом региона над этой же версией.
admin-sign-do = Проверить и добавить
admin-signed = Подпись проверена и добавлена.
admin-yank = Отозвать версию
admin-yank-why = Действующие правила не изменятся, но в новый набор эту версию уже не включить.
admin-yank-do = Отозвать
admin-yanked-done = Версия отозвана.
admin-reason = Причина
admin-reason-needed = Напишите причину: от 1 до 2000 знаков. Она сохранится в истории.
admin-release-delete = Удалить версию
admin-release-delete-why = Удалить можно только версию, которой нет ни в правилах, ни в черновиках, ни в принятых решениях.
admin-release-delete-sure = Удалить эту версию навсегда?
admin-release-deleted = Версия удалена.
admin-release-in-use = Версию удалить нельзя, она нужна. { $detail }

admin-rules-title = Правила
admin-active-rules = Действующий набор правил
admin-active-since = действует с
admin-no-rules = Действующих правил нет
admin-no-rules-why = Пока набор правил не введён в действие, обращения ждут человека. Создайте черновик, проверьте и введите его.
admin-drafts = Черновики
admin-drafts-none = Черновиков нет. Чтобы изменить правила, создайте черновик: он начнётся с копии действующих.
admin-draft = Черновик
admin-draft-new = Создать черновик
admin-draft-new-title = Что меняется
admin-draft-new-example = например: сроки по отоплению с 1 декабря
admin-draft-title-wrong = Напишите, что меняется: от 1 до 200 знаков.
admin-draft-made = Черновик создан: это копия действующих правил. Измените, что нужно, и проверьте.
admin-draft-gone = черновик удалён
admin-chain-none = Своих плагинов нет: работают плагины всего региона.
admin-threshold = порог уверенности { $value }
admin-in-quarantine = В карантине
admin-fails-hold = При сбое обращение ждёт человека
admin-fails-next = При сбое спрашивается следующий
admin-link-more = Разрешения и настройки
admin-ruleset = Набор правил
admin-ruleset-title = Набор правил { $digest }
admin-difference-active = Чем отличается от действующего
admin-difference = Что изменится
admin-difference-none = Отличий от действующих правил нет.
admin-bindings-by-block = Плагины по блокам
admin-category-map = Соответствие категорий
admin-map-from = Что приходит
admin-map-to = Категория региона
admin-as-json = Весь набор в виде JSON
admin-history-title = История правил
admin-roll-back = Вернуть прежние правила
admin-roll-back-why = Прежний набор начнёт действовать со следующего обращения на всех серверах сразу. Если что-то выпущено в тень или на долю обращений, оно будет отозвано.
admin-roll-back-to = К какому набору
admin-roll-back-previous = К предыдущему
admin-roll-back-do = Вернуть
admin-rolled-back = Прежний набор правил снова действует.
admin-nothing-before = Возвращаться не к чему: раньше действовал только этот набор.
admin-activations = Что действовало
admin-was-rollback = Возврат
admin-happenings = Что происходило с правилами
admin-when = Когда
admin-who = Кто
admin-what = Что
admin-details = Подробности

admin-changed-at = изменён
admin-way = Путь правил
admin-next = Что дальше
admin-check = Проверить черновик
admin-check-why = Проверка находит всё, что помешает работе: неизвестные коды, недостающие справочники и разрешения, неверные настройки. Каждый плагин настраивается и пробуется.
admin-checked = Черновик проверен: ошибок нет. Его можно испытать на истории или выпустить.
admin-draft-faults = В черновике есть ошибки
admin-other-out = Сейчас выпущен другой черновик. Сначала отзовите его.
admin-shadow = Выпустить в тень
admin-shadow-explain = Тень: новые правила решают рядом с действующими, но ни на что не влияют. Видно, что изменилось бы.
admin-shadow-begun = Черновик выпущен в тень. Сравнение появится с новыми обращениями.
admin-shadow-why = На решения это не влияет.
admin-shadow-dropped = { $count ->
    [one] { $count } решение тени пропущено: очередь была полна.
    [few] { $count } решения тени пропущены: очередь была полна.
   *
    [other] { $count } решений тени пропущено: очередь была полна.
}
admin-shadow-differences = Где новые правила решили бы иначе
admin-shadow-would-category = Была бы категория
admin-shadow-would-body = Исполнял бы
admin-canary = Выпустить на долю обращений
admin-canary-do = Выпустить
admin-canary-change = Изменить долю
admin-canary-explain = Часть обращений решается по новым правилам по-настоящему. Программа сама отзовёт их, если сбоев или перенаправлений станет больше допустимого.
admin-canary-percent = Доля обращений, %
admin-canary-begun = Новые правила решают часть обращений.
admin-guard-sample = Судить не раньше, чем после стольких вопросов
admin-guard-faults = Допустимый прирост сбоев, %
admin-guard-redirects = Допустимый прирост перенаправлений, %
admin-guard-said = Программа отзовёт их сама, если после { $sample } вопросов сбоев станет больше на { $faults } или перенаправлений на { $redirects }.
admin-activate = Ввести в действие
admin-activate-sure = Ввести эти правила в действие для всех следующих обращений?
admin-activated = Новые правила действуют.
admin-withdraw = Отозвать
admin-withdrawn = Черновик отозван: решают только действующие правила.
admin-draft-closed = Этот набор уже выпускался. Чтобы изменить правила, создайте новый черновик.
admin-draft-read-only = Черновик меняет администратор.
admin-draft-more = Переименовать или удалить
admin-rename = Переименовать
admin-renamed = Черновик переименован.
admin-draft-delete = Удалить черновик
admin-draft-delete-sure = Удалить черновик? Восстановить его будет нельзя.
admin-draft-deleted = Черновик удалён.
admin-percent-wrong = Доля — целое число от 1 до 99 процентов.
admin-share-wrong = Допустимый прирост — число от 0 до 100 процентов.
admin-sample-wrong = Число вопросов — целое, не меньше 1.
admin-stage-wrong = Сейчас этот шаг невозможен: состояние черновика уже другое. Обновите страницу.
admin-consents = Согласие блоков
admin-consents-why = Перед выпуском правил, которые меняют эти блоки, нужно согласие ответственных за них.
admin-consent-given = Согласовано
admin-consent-waits = Ждёт согласия
admin-consent-do = Согласиться
admin-consented = Согласие сохранено.
admin-consent-missing = Не хватает согласия ответственных за блоки: { $blocks }.
admin-out-shadow = В тени: сравнение с действующими правилами
admin-out-canary = { $count ->
   *
    [other] Решают { $count } % обращений: сравнение с действующими правилами
}
admin-out-since = Начато
admin-out-open = Открыть черновик
admin-out-nothing = С этого времени новых обращений не было.
admin-breach = Сбоев или перенаправлений больше допустимого: программа сейчас отзовёт эти правила.
admin-comparison = Сравнение
admin-measure = Что сравнивается
admin-side-active = Действующие
admin-side-draft = Новые
admin-compare-questions = Вопросов решено
admin-compare-same-category = Та же категория
admin-compare-same-body = Тот же исполнитель
admin-compare-same-priority = Та же срочность
admin-compare-same-clocks = Те же сроки
admin-compare-manual = Решает человек
admin-compare-redirected = Перенаправлено
admin-compare-faults = Сбои вызовов
admin-compare-calls = Вызовов плагинов
admin-compare-fuel = Вычислений за вызов
admin-compare-time = Время вызова
admin-order-hint = Плагины спрашиваются сверху вниз. Порядок меняют кнопками со стрелками или перетаскиванием.
admin-order-saved = Порядок изменён.
admin-order-wrong = Порядок не изменён: состав плагинов уже другой. Проверьте и повторите.
admin-move-up = Выше: { $name }
admin-move-down = Ниже: { $name }
admin-unbind = Убрать
admin-unbind-sure = Убрать «{ $name }» из черновика?
admin-unbound = Плагин убран из черновика.
admin-place-binding = включение «{ $name }»
admin-place-bindings = плагины
admin-place-blocks = блоки
admin-place-category-map = соответствие категорий
admin-place-thresholds = пороги
admin-place-dictionaries = словари
admin-place-region = регион
admin-place-release = версия
admin-place-grants = разрешения
admin-place-datasets = справочники
admin-place-settings = настройки

admin-bind-add = Добавить плагин
admin-bind-change = Настроить
admin-bind-choose = Какой плагин включить
admin-bind-this = Выбрать
admin-bind-read = Что он делает и к чему имеет доступ
admin-older = Прежняя версия
admin-bind-new = Включить плагин: { $name }
admin-bind-edit = Настройка: { $name }
admin-bind-version = Версия плагина
admin-bind-version-show = Показать
admin-bind-place = Место
admin-bind-id = Название включения
admin-bind-id-hint = Латинские буквы, цифры и «-»; видно в решениях.
admin-bind-id-wrong = Название включения: строчные латинские буквы, цифры, «-», «_» и «.», не длиннее 80 знаков.
admin-bind-id-taken = Такое название в черновике уже есть. Выберите другое.
admin-bind-block = Блок
admin-bind-failure = Если плагин дал сбой
admin-failure-next = Спросить следующий плагин
admin-failure-hold = Отдать обращение человеку
admin-bind-grants = Разрешения
admin-bind-grants-why = Плагин просит эти разрешения. Отметьте те, что вы даёте; без нужных проверка черновика не пройдёт.
admin-grant-rows = по желанию: без него выгрузка не содержит данных заявителей
admin-bind-datasets = Справочники
admin-dataset-needed = Плагину нужен этот справочник: выберите версию.
admin-dataset-upload-first = Сначала загрузите справочник
admin-bind-limits-why = Обычно хватает класса. Свои значения не могут превышать потолок, заданный для узла.
admin-limit-ceiling = Больше потолка узла: наибольшее значение { $most }.
admin-bind-do = Включить
admin-bound = Черновик сохранён. Перед выпуском проверьте его.
admin-form-faults = Не сохранено. Исправьте эти поля:
admin-schema-text = текст
admin-schema-whole = целое число
admin-schema-number = число
admin-schema-flag = да или нет
admin-schema-choice = выбор из списка
admin-schema-object = группа полей
admin-schema-list = список
admin-schema-json = JSON
admin-schema-yes = Да
admin-schema-no = Нет
admin-schema-nothing = Не задано
admin-schema-choose = Выберите значение из списка
admin-schema-default = По умолчанию: { $value }
admin-schema-item = № { $number }
admin-schema-add = Добавить
admin-schema-remove = Удалить
admin-schema-empty-list = список пуст
admin-schema-rest = Прочие поля (JSON)
admin-schema-whole-json = Настройки целиком (JSON)
admin-schema-needed = Заполните это поле.
admin-schema-bad-json = Это не JSON: ошибка в месте { $place } (строка:знак).
admin-schema-not-whole = Нужно целое число.
admin-schema-not-number = Нужно число.
admin-schema-least = Не меньше { $end }.
admin-schema-more-than = Больше { $end }.
admin-schema-most = Не больше { $end }.
admin-schema-less-than = Меньше { $end }.
admin-schema-min-length = { $count ->
    [one] Не меньше { $count } знака.
   *
    [other] Не меньше { $count } знаков.
}
admin-schema-max-length = { $count ->
    [one] Не больше { $count } знака.
   *
    [other] Не больше { $count } знаков.
}
admin-schema-min-items = { $count ->
    [one] Нужна хотя бы { $count } строка.
   *
    [other] Нужно строк не меньше { $count }.
}
admin-schema-max-items = { $count ->
    [one] Не больше { $count } строки.
   *
    [other] Не больше { $count } строк.
}

admin-backtests-title = Проверки на истории
admin-backtest-title = Проверка на истории
admin-backtest-why = Черновик решает прошлые обращения рядом с действующими правилами. Ничего не меняется; видно, что решилось бы иначе и кто чаще совпадает с людьми.
admin-backtest-new = Проверить на истории
admin-backtest-do = Начать проверку
admin-backtest-no-drafts = Проверять нечего: черновиков нет.
admin-backtest-choose = Выберите черновик.
admin-backtest-days-wrong = Проверьте даты: начало не позже конца.
admin-backtest-asked = Проверка поставлена в очередь.
admin-backtest-from-start = с начала
admin-backtest-progress = Ход проверки
admin-backtest-rate = { $rate } обращений в секунду
admin-backtest-cancel = Остановить
admin-backtest-cancelled = Проверка остановлена. Что уже посчитано, сохранилось.
admin-backtest-over = Проверка уже закончена.
admin-backtest-failed = Проверка прервалась:
admin-backtest-nothing-yet = Пока ничего не посчитано.
admin-backtest-nothing = За это время обращений нет.
admin-backtests-none = Проверок ещё не было
admin-backtests-none-why = Выберите черновик и начните проверку: она идёт в фоне, следить за ней можно здесь.
admin-asked = Запрошено
admin-span = Период
admin-from-day = С даты
admin-to-day = По дату
admin-appeals = Обращений
admin-changed = Изменилось бы
admin-would-change = Что изменилось бы
admin-unchanged = Без изменений осталось бы { $share } вопросов.
admin-unsteady = { $count ->
    [one] { $count } ответ зависит от предыдущих вызовов: плагин что-то запоминает, и в работе ответ может быть другим.
    [few] { $count } ответа зависят от предыдущих вызовов: плагин что-то запоминает, и в работе ответы могут быть другими.
   *
    [other] { $count } ответов зависят от предыдущих вызовов: плагин что-то запоминает, и в работе ответы могут быть другими.
}
admin-questions = Вопросов
admin-agree-category = Категория как сейчас
admin-agree-category-people = Категория как у людей
admin-agree-body = Исполнитель как сейчас
admin-agree-body-people = Исполнитель как у людей
admin-changes = Изменения по видам
admin-changes-none = Ни одно решение не изменилось бы.
admin-change-category = Категория
admin-change-body = Исполнитель
admin-change-priority = Срочность
admin-change-clocks = Сроки
admin-change-state = Состояние
admin-change-now = Сейчас
admin-change-then = Будет
admin-clock-set = задан
admin-shift-s = { $number } с
admin-shift-min = { $number } мин
admin-shift-h = { $number } ч
admin-shift-d = { $number } дн.
admin-examples = Примеры
admin-examples-show = { $count ->
    [one] { $count } пример
    [few] { $count } примера
   *
    [other] { $count } примеров
}
admin-examples-masked = Персональные данные в примерах скрыты.
admin-left-out = { $count ->
    [one] Ещё { $count } изменение редких видов не показано.
    [few] Ещё { $count } изменения редких видов не показаны.
   *
    [other] Ещё { $count } изменений редких видов не показано.
}

admin-quarantine-title = Карантин
admin-quarantine-why = Плагин, который раз за разом даёт сбой, не спрашивается в этом блоке, пока пробный вызов не удастся. Обращения при этом решаются дальше по цепочке.
admin-quarantine-none = В карантине никого нет
admin-quarantine-none-why = Все включённые плагины работают.
admin-quarantine-release = Выпустить
admin-quarantine-sure = Выпустить «{ $name }» из карантина сейчас, не дожидаясь пробного вызова?
admin-quarantine-released = Плагин выпущен из карантина.
admin-quarantine-gone = Выпускать некого: плагин уже вернулся в работу.
admin-quarantine-history = Что происходило
admin-block = Блок
admin-cause = Причина
admin-cause-in-row = { $count ->
    [one] { $count } сбой подряд
    [few] { $count } сбоя подряд
   *
    [other] { $count } сбоев подряд
}
admin-cause-rate = сбоев { $faults } на { $calls } вызовов
admin-since = С
admin-next-trial = Пробный вызов
admin-trial-due = со следующим обращением

admin-datasets-title = Справочники
admin-datasets-why = Справочник — таблица, границы или файл, которые плагин читает. Каждая загрузка становится новой версией; в работу она входит только вместе с набором правил.
admin-dataset-upload = Загрузить версию
admin-dataset-name = Название справочника
admin-dataset-name-hint = Так его запрашивает плагин, например «routes».
admin-dataset-name-wrong = Название справочника: строчные латинские буквы, цифры, «-», «_» и «.», не длиннее 80 знаков. Это название, а не путь к файлу: знака «/» и «..» в нём быть не может.
admin-dataset-shape = Что это
admin-dataset-file-hint = Таблица — CSV в UTF-8 с заголовком, первый столбец — ключ. Не больше { $most }.
admin-dataset-unread = Файл не принят:
admin-dataset-done = Версия справочника сохранена. Подключите её в черновике набора правил.
admin-dataset-known = Эта версия справочника уже была загружена.
admin-datasets-none = Справочников пока нет
admin-datasets-none-why = Загрузите первый: какие нужны плагину, написано на его странице.
admin-file = Файл
admin-rows = Строк
admin-dictionaries-title = Словари региона
admin-dictionaries-why = Блоки, категории, органы и муниципалитеты. Их меняет новая версия папки региона («veche region load»); старые решения помнят свою версию.
admin-dictionary-version = версия
admin-on-day = На дату
admin-day-wrong = Такой даты нет. Выберите день в календаре.
admin-all-dates = и те, что не действуют
admin-categories = Категории
admin-categories-none = На эту дату категорий нет.
admin-name = Название
admin-code = Код
admin-default-body = Исполнитель по умолчанию
admin-sstu = Код ССТУ
admin-in-force-from = Действует с
admin-in-force-to = по
admin-open-end = без срока
admin-other = прочие
admin-not-yet = ещё не действует
admin-no-longer = уже не действует
admin-bodies = Органы и организации
admin-bodies-count = { $count ->
    [one] Органы и организации: { $count }
   *
    [other] Органы и организации: { $count }
}
admin-municipalities = Муниципалитеты
admin-municipalities-count = { $count ->
    [one] Муниципалитеты: { $count }
   *
    [other] Муниципалитеты: { $count }
}
admin-short-name = Кратко
admin-body-kind = Вид
admin-body-executive = Орган власти региона
admin-body-municipality = Администрация
admin-body-institution = Учреждение
admin-body-company = Компания
admin-municipality = Муниципалитет
admin-aliases = Другие написания
admin-oktmo = ОКТМО

admin-accounts-title = Учётные записи
admin-accounts-none = Кроме вас, здесь пока никого нет.
admin-account-new = Новая учётная запись
admin-account-make = Создать
admin-account-made = Учётная запись создана. Передайте человеку логин и первый пароль; при первом входе пусть сменит его в профиле.
admin-account-changed = Учётная запись изменена.
admin-account-elsewhere = входит через внешнюю систему
admin-account-active = Действует
admin-account-disabled = Отключена
admin-account-locked = Вход закрыт
admin-account-disable = Отключить: человек не сможет войти
admin-account-own = Свои роли никто не меняет. Попросите другого администратора.
admin-account-others = Роли в других регионах не меняются:
admin-account-sessions-end = После сохранения все сеансы этого человека завершатся.
admin-person = Имя
admin-login-hint = Строчные латинские буквы, цифры, «.», «-», «_».
admin-login-wrong = Логин: от 3 до 80 строчных латинских букв, цифр и знаков «.», «-», «_», «@».
admin-login-taken = Такой логин уже занят. Выберите другой.
admin-name-wrong = Напишите имя: от 1 до 200 знаков.
admin-first-password = Первый пароль
admin-new-password = Новый пароль
admin-new-password-hint = Оставьте пустым, чтобы не менять. От 12 знаков.
admin-made = Создано
admin-roles = Роли
admin-role-blocks = Блоки, за которые отвечает
admin-role-blocks-optional = Только некоторые блоки
admin-grants-nothing = Выберите хотя бы одну роль: без неё ничего не открыть.
admin-grants-needs-blocks = Ответственному за блок нужен хотя бы один блок.
admin-grants-apart = Роли «{ $one }» и «{ $other }» один человек не совмещает.
admin-grants-not-yours = Такие роли даёт администратор узла, а не региона.
admin-tokens-title = Ключи API
admin-tokens-why = Ключ API — доступ для программы: портала, который передаёт обращения, или скрипта разработчика.
admin-tokens-none = Ключей пока нет
admin-tokens-none-why = Создайте ключ, когда другой системе нужно передавать обращения или читать данные.
admin-token = Ключ
admin-token-new = Новый ключ
admin-token-for = Для чего
admin-token-days = Сколько дней действует
admin-token-days-wrong = Срок — целое число от 1 до 366 дней.
admin-token-make = Создать ключ
admin-token-made = Ключ создан
admin-token-once = Скопируйте его сейчас: больше он нигде не показывается и у нас не хранится.
admin-token-until = Действует до
admin-token-used = Использован
admin-token-expired = Истёк
admin-token-revoke = Отозвать
admin-token-revoke-sure = Отозвать ключ? Программа с ним сразу потеряет доступ.
admin-token-revoked = Ключ отозван.
admin-token-revoked-mark = Отозван

admin-audit-title = Журнал действий
admin-audit-check = Проверить целостность
admin-audit-whole = { $count ->
    [one] Журнал цел: проверена { $count } запись.
    [few] Журнал цел: проверены { $count } записи.
   *
    [other] Журнал цел: проверено { $count } записей.
}
admin-audit-broken = Журнал повреждён. Сообщите аудитору и не меняйте ничего на сервере.
admin-audit-digest = Дайджест последней записи:
admin-audit-erased = { $count ->
    [one] Данные { $count } записи стёрты по акту.
   *
    [other] Данные { $count } записей стёрты по акту.
}
admin-audit-target = Над чем
admin-audit-actor-hint = логин
admin-audit-target-hint = например: account ivanova
admin-audit-none = Записей нет
admin-audit-none-filter = Под эти условия ничего не подходит. Измените или сбросьте их.
admin-audit-none-why = Записи появятся с первым действием в регионе.
admin-audit-proof = Подтверждение
admin-audit-request = Запрос
admin-audit-private = Есть текст с персональными данными: он хранится отдельно и здесь не показан.
admin-audit-newest = Новые записи
admin-audit-older = Более ранние
