from memberships import create_app

app = create_app()
