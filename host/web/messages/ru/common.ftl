common-name = Вече
common-skip = Перейти к содержанию
common-appearance = Язык и оформление
common-theme-auto = Как в системе
common-theme-light = Светлое оформление
common-theme-dark = Тёмное оформление
common-help = Помощь
common-sign-in = Войти
common-sign-out = Выйти
common-navigation = Разделы
common-save = Сохранить
common-no-assets = Страницы собраны без оформления. Выполните «cargo xtask assets» и соберите программу заново.

nav-queue = Обращения

home-title = Выберите регион
home-nothing = Здесь для вас пока ничего нет
home-nothing-why = Ваша учётная запись создана, но её роли не открывают страниц. Обратитесь к администратору центра: он назначает роли и блоки.

keys-move = следующее и предыдущее обращение
keys-open = открыть обращение
keys-mark = отметить обращение для общего действия
keys-search = перейти к поиску
keys-help = показать эти клавиши
