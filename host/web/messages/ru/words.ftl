words-days = { $count ->
    [one] { $count } день
    [few] { $count } дня
   *[other] { $count } дней
}
words-hours = { $count ->
    [one] { $count } час
    [few] { $count } часа
   *[other] { $count } часов
}
words-minutes = { $count ->
    [one] { $count } минута
    [few] { $count } минуты
   *[other] { $count } минут
}
words-bytes = { $size } байт
words-kilobytes = { $size } КБ
words-megabytes = { $size } МБ
words-left = осталось { $span }
words-over = просрочено на { $span }
words-month-of-1 = января
words-month-of-2 = февраля
words-month-of-3 = марта
words-month-of-4 = апреля
words-month-of-5 = мая
words-month-of-6 = июня
words-month-of-7 = июля
words-month-of-8 = августа
words-month-of-9 = сентября
words-month-of-10 = октября
words-month-of-11 = ноября
words-month-of-12 = декабря
words-month-1 = январь
words-month-2 = февраль
words-month-3 = март
words-month-4 = апрель
words-month-5 = май
words-month-6 = июнь
words-month-7 = июль
words-month-8 = август
words-month-9 = сентябрь
words-month-10 = октябрь
words-month-11 = ноябрь
words-month-12 = декабрь

role-operator = Оператор
role-block-lead = Ответственный за блок
role-head = Руководитель центра
role-curator = Куратор
role-administrator = Администратор региона
role-developer = Разработчик
role-media = Ответственный за масс-медиа
role-auditor = Аудитор
role-intake = Приём (машина)
role-host-administrator = Администратор узла

state-received = Поступило
state-needs-person = Ждёт решения
state-assigned = Назначено
state-in-progress = В работе
state-answered = Отвечено
state-closed = Закрыто

priority-low = Низкий
priority-normal = Обычный
priority-high = Высокий
priority-urgent = Срочный

clock-registration = Регистрация
clock-forwarding = Передача по компетенции
clock-first-reaction = Первая реакция
clock-answer = Ответ
clock-extension = Ответ после продления

source-plugin = по правилам
source-default = по умолчанию
source-person = сотрудником

applicant-citizen = Гражданин РФ
applicant-foreign-citizen = Иностранный гражданин
applicant-stateless = Лицо без гражданства
applicant-compatriot-abroad = Соотечественник за рубежом
applicant-legal-entity = Организация

channel-pos = Платформа обратной связи
channel-social = Социальные сети
channel-max = MAX
channel-reception = Личный приём
channel-phone = Телефон
channel-email = Электронная почта
channel-letter = Письмо
channel-portal = Портал

regime-59fz = Обращение по 59-ФЗ
regime-pos = Сообщение ПОС
regime-pos-fast = Сообщение ПОС, ускоренное
regime-social = Сообщение из социальной сети
regime-none = Без правового режима

action-use-own-account = видеть свою учётную запись, выходить, менять свой пароль
action-read-dictionaries = видеть блоки, категории, органы и муниципалитеты
action-take-in = принимать обращения
action-read-appeals = читать обращения и решения; персональные данные скрыты
action-read-personal-data = открывать данные заявителя (каждое открытие записывается в журнал)
action-correct = исправлять категорию и исполнителя
action-draft-answers = готовить ответы
action-approve-answers = утверждать ответы и продлевать сроки
action-follow-up = отмечать реакцию, закрытие, возврат в работу и оценку
action-replay = повторять сохранённое решение
action-read-rules = видеть версии плагинов и наборы правил
action-upload-release = загружать версию плагина
action-upload-dataset = загружать версию справочника
action-remove-release = отзывать и удалять версии плагинов
action-give-plugin-name = закреплять название плагина за владельцем
action-draft-rules = готовить и проверять черновики наборов правил
action-backtest-rules = проверять черновики на истории (данные скрыты)
action-consent-to-rules = соглашаться с изменениями правил своего блока
action-activate-rules = выпускать набор правил: тень, доля обращений, действие
action-roll-back-rules = возвращать прежний набор правил
action-set-rules-policy = задавать условия смены правил в регионе
action-read-faults = видеть сбои плагинов со стеком и журналом (данные скрыты)
action-release-quarantined = выпускать плагин из карантина
action-manage-accounts = заводить и менять учётные записи и ключи API
action-report-progress = отмечать, что стало с обращениями: реакции, ответы, закрытия, оценки
action-read-indicators = видеть показатели, значения, цели и паспорта
action-measure-indicators = запускать расчёт показателей
action-preview-indicators = пробовать плагин показателя на данных, ничего не сохраняя
action-enter-indicators = загружать наборы обязательных показателей, вносить значения
action-set-targets = задавать целевые значения
action-write-passports = готовить паспорт показателя и передавать его на согласование
action-agree-passports = согласовывать паспорта (кроме своих)
action-approve-passports = утверждать паспорта, вводить в действие, отправлять в архив
action-reject-passports = возвращать паспорт автору с замечанием
action-decompose-other = выделять категории из «прочих»
action-rate-bodies = задавать правила рейтинга и рассчитывать его
action-publish-ratings = публиковать рейтинги и снимать их с публикации
action-export = выгружать обращения, значения и рейтинги (каждая выгрузка записывается в журнал)
action-read-audit = читать журнал (изменить его не может никто)
action-read-host-audit = читать журнал узла
action-export-person = выгружать записи журнала об одном человеке
action-erase-person = стирать данные человека по акту
