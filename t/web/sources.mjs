// sources.mjs -- the source files of a made-up shop, so that stack traces have lines to show.
export const sources = {
  'checkout/cart.py': `
from decimal import Decimal

from checkout.models import Cart, Voucher
from checkout.pricing import price_of

VOUCHER_LIMIT = 3


class CartError(Exception):
    pass


def apply_voucher(cart: Cart, code: str) -> Decimal:
    """Take a voucher off the total; at most three a cart."""
    voucher = Voucher.find(code)
    if len(cart.vouchers) >= VOUCHER_LIMIT:
        raise CartError(f"cart {cart.id} has {len(cart.vouchers)} vouchers already")
    rate = voucher.rate[cart.currency]
    return total(cart) * (1 - rate)


def total(cart: Cart) -> Decimal:
    lines = [price_of(item, cart.currency) for item in cart.items]
    return sum(lines, Decimal(0))


def merge(mine: Cart, theirs: Cart) -> Cart:
    for item in theirs.items:
        mine.items.append(item)
    mine.touched_at = max(mine.touched_at, theirs.touched_at)
    return mine
`,
  'checkout/views.py': `
from django.http import HttpRequest, JsonResponse

from checkout.cart import apply_voucher, merge, total
from checkout.orders import place


def add_voucher(request: HttpRequest) -> JsonResponse:
    cart = request.session.cart()
    code = request.POST["code"].strip().upper()
    new_total = apply_voucher(cart, code)
    return JsonResponse({"total": str(new_total), "currency": cart.currency})


def submit(request: HttpRequest) -> JsonResponse:
    cart = request.session.cart()
    order = place(cart, request.user, idempotency=request.headers["Idempotency-Key"])
    return JsonResponse({"order": order.id}, status=201)
`,
  'checkout/orders.py': `
import logging

from django.db import transaction

from checkout.gateway import Payments
from checkout.models import Order

log = logging.getLogger(__name__)


def place(cart, user, idempotency):
    with transaction.atomic():
        order = Order.create(cart=cart, user=user, key=idempotency)
        reserve(order)
    try:
        charge = Payments().charge(order.id, order.total, order.currency)
    except ConnectionError as error:
        log.warning("payments did not answer for order %s", order.id)
        raise PaymentUnavailable(f"order {order.id} waits for payment") from error
    order.paid(charge.id)
    return order


def reserve(order):
    for line in order.lines:
        line.item.stock -= line.count
        line.item.save(update_fields=["stock"])


class PaymentUnavailable(Exception):
    pass
`,
  'checkout/gateway.py': `
import httpx


class Payments:
    def __init__(self, base="http://payments:8080", timeout=2.0):
        self.http = httpx.Client(base_url=base, timeout=timeout)

    def charge(self, order_id, amount, currency):
        answer = self.http.post("/charges", json={
            "order": order_id,
            "amount": str(amount),
            "currency": currency,
        })
        if answer.status_code == 503:
            raise ConnectionError("payments: 503 from upstream")
        answer.raise_for_status()
        return Charge(**answer.json())
`,
  'src/cart/CartPanel.tsx': `
import { useCart } from '../state/cart';
import { money } from '../format/money';
import { Line } from './Line';

export function CartPanel({ onCheckout }: Props) {
  const { cart, remove, busy } = useCart();
  const shipping = cart.shipping.options.find((o) => o.id === cart.shipping.chosen);
  const total = cart.lines.reduce((sum, line) => sum + line.price * line.count, 0);

  return (
    <aside className="cart">
      {cart.lines.map((line) => <Line key={line.id} line={line} remove={remove} />)}
      <p>{shipping.label}: {money(shipping.price, cart.currency)}</p>
      <p className="total">{money(total + shipping.price, cart.currency)}</p>
      <button disabled={busy} onClick={() => onCheckout(cart.id)}>Check out</button>
    </aside>
  );
}
`,
  'src/state/cart.ts': `
import { api } from '../api';

export async function checkout(id: string): Promise<Order> {
  const response = await api.post(\`/carts/\${id}/checkout\`);
  if (!response.ok) {
    throw new CheckoutError(response.status, await response.text());
  }
  const body = await response.json();
  return body.order;
}

export async function restore(): Promise<Cart | null> {
  const kept = localStorage.getItem('cart');
  if (!kept) return null;
  const { id, revision } = JSON.parse(kept);
  return api.get(\`/carts/\${id}?revision=\${revision}\`);
}
`,
  'src/search/results.ts': `
import { api } from '../api';

let running: AbortController | undefined;

export async function search(text: string, page = 0): Promise<Hit[]> {
  running?.abort();
  running = new AbortController();
  const answer = await api.get('/search', { text, page }, running.signal);
  return answer.hits.map((hit) => ({ ...hit, price: hit.offers[0].price }));
}
`,
  'internal/charge/charge.go': `
package charge

import (
	"context"
	"fmt"

	"shop/payments/internal/bank"
	"shop/payments/internal/ledger"
)

type Service struct {
	bank   bank.Client
	ledger *ledger.Ledger
}

// Create takes the money once per idempotency key.
func (s *Service) Create(ctx context.Context, r Request) (*Charge, error) {
	if c, ok := s.ledger.Find(ctx, r.Key); ok {
		return c, nil
	}
	auth, err := s.bank.Authorise(ctx, r.Card, r.Amount)
	if err != nil {
		return nil, fmt.Errorf("authorise order %s: %w", r.Order, err)
	}
	entry := s.ledger.Book(auth)
	return &Charge{ID: entry.ID, Amount: entry.Total.Value}, nil
}
`,
  'internal/ledger/ledger.go': `
package ledger

import "context"

func (l *Ledger) Find(ctx context.Context, key string) (*Charge, bool) {
	row := l.db.QueryRowContext(ctx, "SELECT id, amount FROM charge WHERE key = $1", key)
	var c Charge
	if err := row.Scan(&c.ID, &c.Amount); err != nil {
		return nil, false
	}
	return &c, true
}

func (l *Ledger) Book(a *Authorisation) *Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	account := l.accounts[a.Account]
	account.Pending = append(account.Pending, a.ID)
	return &Entry{ID: newID(), Total: a.Settled}
}
`,
  'SearchIndex.java': `
package shop.search;

import java.util.List;
import java.util.Map;

public final class SearchIndex {
    private final Map<String, Shard> shards;

    SearchIndex(Map<String, Shard> shards) {
        this.shards = shards;
    }

    public List<Hit> query(Query query) {
        Shard shard = shards.get(query.locale());
        if (shard.isReadOnly() && query.wantsFresh()) {
            throw new IllegalStateException("shard " + shard.name() + " is read-only since " + shard.since());
        }
        return shard.search(query.terms(), query.limit());
    }
}
`,
};

/** The lines around one of a file, as an SDK sends them. */
export function around(file, line, reach = 5) {
  const lines = sources[file]?.slice(1).split('\n');
  if (!lines) return {};
  return {
    pre_context: lines.slice(Math.max(0, line - 1 - reach), line - 1),
    context_line: lines[line - 1],
    post_context: lines.slice(line, line + reach),
  };
}

/** The number of the line that holds a text. */
export function lineOf(file, text) {
  const at = sources[file]
    .slice(1)
    .split('\n')
    .findIndex((l) => l.includes(text));
  if (at < 0) throw new Error(`${file} has no line with ${text}`);
  return at + 1;
}
