/* SPDX-License-Identifier: GPL-2.0-or-later */
template <typename Value> struct Pair {
    Value one, other;
    Value larger() const { return one < other ? other : one; }
};
struct Speaker {
    virtual ~Speaker();
    virtual const char *said(const Pair<int> &) const;
};
extern template struct Pair<int>;
