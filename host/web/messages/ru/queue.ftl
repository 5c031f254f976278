queue-title = Обращения
queue-empty = Обращений нет
queue-empty-new = Когда в регион поступит первое обращение, оно появится здесь с категорией, исполнителем и сроками.
queue-empty-filter = Под выбранные условия ничего не подходит. Уберите часть условий или сбросьте их все.
queue-received = Поступило
queue-text = Обращение
queue-category = Категория
queue-body = Исполнитель
queue-due = Срок
queue-state = Состояние
queue-next = Следующая страница
queue-first = К началу
queue-no-category = без категории
queue-no-body = не назначен
queue-close = Закрыть
queue-keys = Клавиши
queue-tabs = Состояние обращений
queue-tab-all = Все
queue-tab-review = Ждут решения
queue-tab-overdue = Просрочено
queue-search = Поиск по тексту, адресу и номеру
queue-search-hint = Слова из текста, адрес или номер
queue-block = Блок
queue-block-any = Все блоки
queue-category-any = Все категории
queue-body-any = Все исполнители
queue-municipality = Муниципалитет
queue-municipality-any = Все муниципалитеты
queue-channel = Канал
queue-channel-any = Все каналы
queue-find = Найти
queue-reset = Сбросить
queue-check = Проверить
queue-more-questions = { $count ->
    [one] и ещё { $count } вопрос
    [few] и ещё { $count } вопроса
   *[other] и ещё { $count } вопросов
}
queue-news = { $count ->
    [one] Показать { $count } новое
   *[other] Показать новые: { $count }
}
queue-news-many = Показать новые: больше 99
queue-view-keep = Сохранить этот отбор
queue-view-label = Название отбора
queue-view-forget = Удалить отбор «{ $name }»
queue-view-kept = Отбор сохранён.
queue-view-forgotten = Отбор удалён.
queue-view-name = Отбор не сохранён: название должно быть от 1 до 60 знаков.
queue-view-many = Отбор не сохранён: их может быть не больше двадцати. Удалите ненужный.
queue-mark = Отметка
queue-mark-one = Отметить: { $text }
queue-bulk = Исправить отмеченные
queue-marked = отмечено
queue-bulk-do = Исправить
queue-bulk-nothing = Ни одно обращение не отмечено: отметьте нужные в списке.
queue-bulk-no-change = Ничего не изменено: выберите новую категорию или нового исполнителя.
queue-bulk-no-reason = Ничего не изменено: напишите причину, она хранится вместе с обращением.
queue-bulk-done = { $count ->
    [one] Исправлено { $count } обращение.
    [few] Исправлено { $count } обращения.
   *[other] Исправлено { $count } обращений.
}
queue-bulk-left = { $count ->
    [one] { $count } обращение не изменено: на него уже ответили, в нём несколько вопросов или его только что изменил кто-то другой. Остальные исправлены.
    [few] { $count } обращения не изменены: на них уже ответили, в них несколько вопросов или их только что изменил кто-то другой. Остальные исправлены.
   *[other] { $count } обращений не изменены: на них уже ответили, в них несколько вопросов или их только что изменил кто-то другой. Остальные исправлены.
}
