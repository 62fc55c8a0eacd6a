from modules.notes.accounts import ACCOUNTS
from seamline import accounts


class KeeperTokenView(accounts.TokenView):
    accounts = ACCOUNTS


class KeeperRefreshView(accounts.RefreshView):
    accounts = ACCOUNTS
