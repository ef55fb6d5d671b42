package hub.bench;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Local time of the sources, UTC+8 all year, samples README 2.5. */
final class LocalTime {
    private static final Pattern FORM = Pattern.compile(
            "([0-9]{4})(?:-([0-9]{1,2})-([0-9]{1,2})|/([0-9]{1,2})/([0-9]{1,2})) +([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?");
    private static final long OFFSET_SECONDS = 8 * 3600;

    private LocalTime() {}

    /** Epoch milliseconds; where seconds are not given they are 0, see {@link #hasSeconds}. */
    static long read(String code, String field) throws Rejected {
        Matcher form = FORM.matcher(code);
        if (!form.matches()) {
            throw new Rejected("bad_time", field);
        }
        String month = form.group(2) != null ? form.group(2) : form.group(4);
        String day = form.group(3) != null ? form.group(3) : form.group(5);
        int hour = Integer.parseInt(form.group(6));
        int minute = Integer.parseInt(form.group(7));
        int second = form.group(8) == null ? 0 : Integer.parseInt(form.group(8));
        if (hour > 23 || minute > 59 || second > 59) {
            throw new Rejected("bad_time", field);
        }
        try {
            long days = LocalDate.of(
                            Integer.parseInt(form.group(1)), Integer.parseInt(month), Integer.parseInt(day))
                    .toEpochDay();
            return (days * 86_400 + hour * 3600L + minute * 60L + second - OFFSET_SECONDS) * 1000;
        } catch (DateTimeException failure) {
            throw new Rejected("bad_time", field);
        }
    }

    static boolean hasSeconds(String code) {
        return code.indexOf(':') != code.lastIndexOf(':');
    }
}
