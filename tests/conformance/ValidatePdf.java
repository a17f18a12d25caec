// Holds PDF files to PDF/A-3a and PDF/UA-1 with veraPDF's engine, which knows nothing of Tickmark.
//
//   java -cp <jar that bundles veraPDF>:<JAXB jars> ValidatePdf.java <file.pdf>...
//
// Prints every rule that is broken; exits with 1 when a file breaks one or nothing was checked.

import java.io.File;
import java.io.InputStream;
import java.util.Map;
import java.util.TreeMap;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;
import org.verapdf.pdfa.validation.profiles.Profiles;
import org.verapdf.pdfa.validation.profiles.ValidationProfile;

public class ValidatePdf {
    public static void main(String[] files) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        boolean holds = files.length > 0;
        for (String file : files) {
            for (String name : new String[] {"PDFA-3A", "PDFUA-1"}) {
                holds &= check(new File(file), name);
            }
        }
        System.exit(holds ? 0 : 1);
    }

    static boolean check(File file, String name) throws Exception {
        try (InputStream text = ValidatePdf.class.getResourceAsStream("/org/verapdf/pdfa/validation/" + name + ".xml")) {
            ValidationProfile profile = Profiles.profileFromXml(text);
            try (PDFAParser parser = Foundries.defaultInstance().createParser(file, profile.getPDFAFlavour());
                 PDFAValidator validator = Foundries.defaultInstance().createValidator(profile, false)) {
                ValidationResult result = validator.validate(parser);
                Map<String, String> broken = new TreeMap<>();
                for (TestAssertion one : result.getTestAssertions()) {
                    if (one.getStatus() == TestAssertion.Status.FAILED) {
                        broken.put(one.getRuleId().getClause() + "-" + one.getRuleId().getTestNumber(), one.getMessage());
                    }
                }
                boolean holds = result.isCompliant() && result.getTotalAssertions() > 0;
                System.out.println((holds ? "ok    " : "FAIL  ") + file.getName() + " " + name + ": " + result.getTotalAssertions()
                    + " assertions, " + broken.size() + " rules broken");
                broken.forEach((rule, message) -> System.out.println("      " + rule + "  " + message));
                return holds;
            }
        }
    }
}
