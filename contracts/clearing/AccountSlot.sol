// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev One account in one storage slot: balance in bits 0 to 80, count in 81 to 95, debited in 96 to 175, credited in 176 to 255. A
/// type of its own and not a struct, so that an account is always read and written whole, with one SLOAD and one SSTORE.
type AccountSlot is uint256;

using AccountSlotLibrary for AccountSlot global;

/// @title AccountSlot: one account, and what settling does to it
/// @notice The arithmetic of settlement is here and only here, as pure functions: a slot goes in with what the messages say, the
/// slot after them comes out with what moved. A total that is not higher than what has been settled moves nothing, so repetition
/// and old messages are harmless (I4, I5).
///
/// Nothing here can overflow, so nothing is checked: totals are below 2^80, balances below 2^80 + 2^80 (see MAX_BALANCE in
/// ClearingHouse), pools below 2^96.
///
/// `count` is how many withdrawals and exit requests the account has made in the asset, as far as 15 bits reach: it numbers them, and
/// lies here so that leaving touches one slot less. Settling leaves it alone.
library AccountSlotLibrary {
    /// @dev A count that has got here stays, and whoever counts goes on elsewhere (see `_takeNonce` in ClearingHouse).
    uint256 internal constant MAX_COUNT = 2 ** 15 - 1;
    uint256 private constant BALANCE_MASK = 2 ** 81 - 1;
    uint256 private constant COUNT_MASK = MAX_COUNT << 81;
    uint256 private constant ONE_COUNTED = 1 << 81;
    uint256 private constant ONE_DEBITED = 1 << 96;
    uint256 private constant ONE_CREDITED = 1 << 176;

    /// @dev The caller keeps the fields within their widths: nothing is masked here.
    function pack(uint256 balance_, uint256 count_, uint256 debited_, uint256 credited_) internal pure returns (AccountSlot) {
        return AccountSlot.wrap(balance_ | (count_ << 81) | (debited_ << 96) | (credited_ << 176));
    }

    /// @notice Whether the account holds nothing and never settled anything. The count says nothing of that: an exit can be requested
    /// of an asset of which nothing was ever paid in.
    function isEmpty(AccountSlot slot) internal pure returns (bool) {
        return AccountSlot.unwrap(slot) & ~COUNT_MASK == 0;
    }

    function balance(AccountSlot slot) internal pure returns (uint256) {
        return AccountSlot.unwrap(slot) & BALANCE_MASK;
    }

    function count(AccountSlot slot) internal pure returns (uint256) {
        return (AccountSlot.unwrap(slot) >> 81) & MAX_COUNT;
    }

    function debited(AccountSlot slot) internal pure returns (uint256) {
        return uint80(AccountSlot.unwrap(slot) >> 96);
    }

    function credited(AccountSlot slot) internal pure returns (uint256) {
        return AccountSlot.unwrap(slot) >> 176;
    }

    /// @notice Another balance, all else as it is. The caller keeps it below 2^81.
    function withBalance(AccountSlot slot, uint256 balance_) internal pure returns (AccountSlot) {
        return AccountSlot.wrap((AccountSlot.unwrap(slot) & ~BALANCE_MASK) | balance_);
    }

    /// @notice One more in the count. The caller has seen that it is below MAX_COUNT.
    function counted(AccountSlot slot) internal pure returns (AccountSlot) {
        unchecked {
            return AccountSlot.wrap(AccountSlot.unwrap(slot) + ONE_COUNTED);
        }
    }

    /// @notice A signed total moves what the balance covers of its unsettled part: min(total − debited, balance).
    function applyDebit(AccountSlot slot, uint256 total) internal pure returns (AccountSlot next, uint256 moved) {
        unchecked {
            moved = min(excess(total, slot.debited()), slot.balance());
            next = AccountSlot.wrap(AccountSlot.unwrap(slot) - moved + moved * ONE_DEBITED);
        }
    }

    /// @notice Adds `amount` to the balance and to what has been credited.
    function applyCredit(AccountSlot slot, uint256 amount) internal pure returns (AccountSlot next) {
        unchecked {
            next = AccountSlot.wrap(AccountSlot.unwrap(slot) + amount + amount * ONE_CREDITED);
        }
    }

    /// @notice A member that paid and earned nets in its slot: the credit counts towards the debit, and the debit towards the pool
    /// that the credit is paid from. Where the pool does not cover the credit even so, it is left out, and the debit is settled
    /// alone.
    function applyBoth(AccountSlot slot, uint256 debitTotal, uint256 creditTotal, uint256 pool)
        internal
        pure
        returns (AccountSlot next, uint256 paid, uint256 earned)
    {
        unchecked {
            uint256 balance_ = slot.balance();
            uint256 owed = excess(debitTotal, slot.debited());
            earned = excess(creditTotal, slot.credited());
            paid = min(owed, balance_ + earned);
            if (pool + paid < earned) {
                earned = 0;
                paid = min(owed, balance_);
            }
            next = AccountSlot.wrap(
                AccountSlot.unwrap(slot) + earned - paid + paid * ONE_DEBITED + earned * ONE_CREDITED
            );
        }
    }

    /// @notice What of `total` has not been settled yet: total − settled, or 0.
    function excess(uint256 total, uint256 settled) internal pure returns (uint256) {
        unchecked {
            return total > settled ? total - settled : 0;
        }
    }

    function min(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }
}
