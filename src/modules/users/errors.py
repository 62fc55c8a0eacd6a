from seamline.contract import Category, ContractError


class EmailTaken(ContractError, category=Category.CONFLICT):
    """There is an account with this email already."""
