package hub.bench;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reading of values and masking of numbers, samples README 2.1, 2.2, 2.6 and 2.7. */
final class Text {
    private static final String AREA = "0(?:10|2[0-9]|[3-9][0-9]{2})";
    private static final Pattern IDENTITY = Pattern.compile(
            "(?<![0-9A-Za-z])[0-9]{6}[ -]?[0-9]{8}[ -]?[0-9]{3}[0-9Xx](?![0-9A-Za-z])");
    private static final Pattern MOBILE = Pattern.compile(
            "(?<![0-9])(?:(?:\\+|00)?86[ -]?)?(1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4})(?![0-9])");
    private static final Pattern LANDLINE = Pattern.compile("(?<![0-9])(?:(?:\\+|00)86[ -]?)?(?:\\((" + AREA + ")\\)|("
            + AREA + "))[ -]?([0-9]{7,8})(?:(?:-|转)[0-9]{1,6})?(?![0-9])");

    private Text() {}

    /** Removes U+FEFF, turns CRLF and CR into LF and trims; null when nothing is left. */
    static String clean(String value) {
        if (value == null) {
            return null;
        }
        if (value.indexOf('\uFEFF') >= 0) {
            value = value.replace("\uFEFF", "");
        }
        if (value.indexOf('\r') >= 0) {
            value = value.replace("\r\n", "\n").replace('\r', '\n');
        }
        int start = 0;
        int end = value.length();
        while (start < end && isSpace(value.charAt(start))) {
            start++;
        }
        while (end > start && isSpace(value.charAt(end - 1))) {
            end--;
        }
        return start == end ? null : value.substring(start, end);
    }

    private static boolean isSpace(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
    }

    /** Full-width characters, spaces and hyphens as ASCII; same length. */
    static String fold(String value) {
        char[] folded = null;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            char as = foldOne(c);
            if (as != c) {
                if (folded == null) {
                    folded = value.toCharArray();
                }
                folded[i] = as;
            }
        }
        return folded == null ? value : new String(folded);
    }

    private static char foldOne(char c) {
        if (c < 0xA0) {
            return c;
        }
        if (c >= 0xFF01 && c <= 0xFF5E) {
            return (char) (c - 0xFEE0);
        }
        if (c == 0x3000 || c == 0xA0) {
            return ' ';
        }
        return c >= 0x2010 && c <= 0x2015 || c == 0x2212 ? '-' : c;
    }

    /** A value read as a code: folded and trimmed, null when nothing is left. */
    static String code(String value) {
        return value == null ? null : clean(fold(value));
    }

    /** Identity and phone numbers replaced, found on the folded copy, the rest as it was sent. */
    static String mask(String value) {
        if (value == null) {
            return null;
        }
        String folded = fold(value);
        if (!hasLongNumber(folded)) {
            return value;
        }
        String[] pair = {value, folded};
        replace(pair, IDENTITY, "[ID]");
        replace(pair, MOBILE, "[PHONE]");
        replace(pair, LANDLINE, "[PHONE]");
        return pair[0];
    }

    /** Every pattern needs ten digits at least; text without them needs no search. */
    private static boolean hasLongNumber(String folded) {
        int digits = 0;
        for (int i = 0; i < folded.length(); i++) {
            char c = folded.charAt(i);
            if (c >= '0' && c <= '9' && ++digits == 10) {
                return true;
            }
        }
        return false;
    }

    private static void replace(String[] pair, Pattern pattern, String mark) {
        Matcher matcher = pattern.matcher(pair[1]);
        if (!matcher.find()) {
            return;
        }
        StringBuilder original = new StringBuilder(pair[0].length());
        StringBuilder folded = new StringBuilder(pair[1].length());
        int from = 0;
        do {
            original.append(pair[0], from, matcher.start()).append(mark);
            folded.append(pair[1], from, matcher.start()).append(mark);
            from = matcher.end();
        } while (matcher.find());
        pair[0] = original.append(pair[0], from, pair[0].length()).toString();
        pair[1] = folded.append(pair[1], from, pair[1].length()).toString();
    }

    /** The one normal spelling of a phone number, null when it is not one. */
    static String contact(String code) {
        Matcher mobile = MOBILE.matcher(code);
        if (mobile.matches()) {
            return digits(mobile.group(1));
        }
        Matcher landline = LANDLINE.matcher(code);
        if (landline.matches()) {
            String area = landline.group(1) != null ? landline.group(1) : landline.group(2);
            return area + landline.group(3);
        }
        return null;
    }

    private static String digits(String value) {
        StringBuilder digits = new StringBuilder(11);
        for (int i = 0; i < value.length(); i++) {
            if (value.charAt(i) >= '0' && value.charAt(i) <= '9') {
                digits.append(value.charAt(i));
            }
        }
        return digits.toString();
    }
}
