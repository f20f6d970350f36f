import { Field, InputType, ObjectType } from "type-graphql";
import { fromDecimalString, isCurrency, toDecimalString, type Money } from "../../kernel/money.js";
import { SystemError } from "../errors.js";
import { CurrencyCode, Decimal } from "./scalars.js";

/** Money as it is shown. The decimal is written only where a query asks for it. */
@ObjectType("Money", { simpleResolvers: true, description: "An amount of money." })
export class MoneyType {
  readonly #money: Money;

  constructor(money: Money) {
    this.#money = money;
  }

  @Field(() => Decimal)
  get amount(): string {
    return toDecimalString(this.#money);
  }

  @Field(() => CurrencyCode)
  get currency(): string {
    return this.#money.currency;
  }
}

@InputType("MoneyInput", { description: "An amount of money." })
export class MoneyInput {
  @Field(() => Decimal, { description: "At most as many digits after the point as the currency has." })
  amount!: string;

  @Field(() => CurrencyCode)
  currency!: string;
}

/** @param amountMinor whole number of the currency's smallest unit, as rows and events hold it */
export function moneyType(amountMinor: number, currency: string): MoneyType {
  return new MoneyType({ amountMinor, currency });
}

/** @throws SystemError BAD_USER_INPUT where there is no such currency, or the amount has more digits than it */
export function readMoney({ amount, currency }: MoneyInput): Money {
  if (!isCurrency(currency)) throw new SystemError("BAD_USER_INPUT", `${currency} is no currency of ISO 4217.`);
  const amountMinor = fromDecimalString(amount, currency);
  if (amountMinor === null) throw new SystemError("BAD_USER_INPUT", `${amount} ${currency} is no amount of money: it has too many digits.`);
  return { amountMinor, currency };
}
