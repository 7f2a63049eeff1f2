import gc

gc.disable()  # importing leaves nothing to collect, only to look through again and again

from memberships import create_app  # noqa: E402

app = create_app()

gc.freeze()  # workers share these pages for as long as no collection touches them
gc.enable()
